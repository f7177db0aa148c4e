"""Old mail for a backfill: months of it, in Gmail threads whose mails lie far apart."""

import base64
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

from letters import letter, message_id
from stage import Row, Stage

DAYS = 30
# Seconds between two mails of the mailbox.
PACE = 60
PER_THREAD = 4


def bring_old_mail(stage: Stage, threads: int) -> None:
    """A mailbox that is full of old mail before the service has ever seen it."""
    forget_the_start(stage)
    mails = list(old_mail(threads))
    for start in range(0, len(mails), 500):
        stage.gmail.post("deliver-many", messages=mails[start : start + 500])


def forget_the_start(stage: Stage) -> None:
    """The prepared database has begun its mailbox for the self-test; here it is new."""
    with closing(sqlite3.connect(stage.database)) as connection, connection:
        connection.execute("DELETE FROM gmail_mailbox")


def old_mail(threads: int) -> Iterator[Row]:
    """Deliveries, oldest first; the mails of a thread lie as far apart as the window allows."""
    first = int(time.time()) - threads * PER_THREAD * PACE
    for number in range(threads * PER_THREAD):
        turn, place = divmod(number, threads)
        # Whoever wrote first of all also wrote last of all.
        thread = place if turn < PER_THREAD - 1 else threads - 1 - place
        name = f"old-{thread}"
        answers = [message_id(f"{name}-{earlier}") for earlier in range(turn)]
        sender = f"{name}@customers.example"
        mail = letter(f"{name}-{turn}", f"Question {name}", sender=sender, answers=answers)
        yield {
            "raw": base64.b64encode(mail).decode(),
            "group": name,
            "expect": "ticket",
            "internal_date_s": first + number * PACE,
        }
