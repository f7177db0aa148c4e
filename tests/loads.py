"""Mails by the dozen: one long Gmail thread, and many short ones that arrive mixed."""

from letters import letter, message_id
from stage import Stage


def long_thread(stage: Stage, mails: int, name: str = "long") -> None:
    """One Gmail thread, all of which arrives at once."""
    thread = None
    for number in range(mails):
        answers = [message_id(f"{name}-{n}") for n in range(number)]
        mail = letter(f"{name}-{number}", f"A story: {name}", answers=answers)
        row = stage.deliver(mail, group=name, thread_id=thread)
        thread = row["thread_id"]


def short_threads(stage: Stage, threads: int, name: str = "short") -> None:
    """Gmail threads of three mails, the first ones of all before the second ones."""
    known: dict[int, str] = {}
    for number in range(3):
        for thread in range(threads):
            group = f"{name}-{thread}"
            answers = [message_id(f"{group}-{n}") for n in range(number)]
            sender = f"{group}@customers.example"
            mail = letter(f"{group}-{number}", f"Question {group}", sender=sender, answers=answers)
            row = stage.deliver(mail, group=group, thread_id=known.get(thread))
            known[thread] = row["thread_id"]
