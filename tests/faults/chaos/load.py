"""The mail of a run: threads of one to four mails, as help desks get them, repeatable by seed."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from letters import letter, message_id

Delivery = dict[str, Any]

# A twentieth each: an answer in a Gmail thread of its own, spam; a fifth of the mails has files.
_MOVES, _SPAM, _FILES = 0.05, 0.05, 0.2
# So few customers that many write about several things at once, some under the same subject.
_CUSTOMERS = 40
_SUBJECTS = ("Question about my booking", "Invoice", "It does not work", "Refund", "Opening hours")
_OPEN_THREADS = 30


@dataclass(slots=True)
class _Talk:
    """A conversation that is still written in."""

    group: str
    sender: str
    subject: str
    left: int
    gmail_thread: str
    written: list[str] = field(default_factory=list)


def mails(number: int, seed: int) -> Iterator[Delivery]:
    """`number` deliveries for Gmail's control, in the order of arrival; many threads at a time."""
    dice = random.Random(seed)
    talks: list[_Talk] = []
    for n in range(number):
        if dice.random() < _SPAM:
            yield _spam(n)
            continue
        if len(talks) < _OPEN_THREADS:
            talks.append(_begun(n, dice))
        talk = dice.choice(talks)
        yield _next(talk, dice)
        if len(talk.written) == talk.left:
            talks.remove(talk)


def _begun(n: int, dice: random.Random) -> _Talk:
    sender = f"c{dice.randrange(_CUSTOMERS)}@customers.example"
    return _Talk(f"talk-{n}", sender, dice.choice(_SUBJECTS), dice.randint(1, 4), _gmail_id(dice))


def _next(talk: _Talk, dice: random.Random) -> Delivery:
    name = f"{talk.group}-{len(talk.written)}"
    if talk.written and dice.random() < _MOVES:
        # Gmail begins a new thread now and then; only the headers tie it to the old one.
        talk.gmail_thread = _gmail_id(dice)
    files = [("notes.txt", dice.randbytes(dice.randint(1, 3000)))] if dice.random() < _FILES else []
    raw = letter(
        name, talk.subject, sender=talk.sender, answers=list(map(message_id, talk.written)),
        files=files,
    )  # fmt: skip
    talk.written.append(name)
    options = {"group": talk.group, "thread_id": talk.gmail_thread, "expect": "ticket"}
    return {"raw": base64.b64encode(raw).decode(), **options}


def _spam(n: int) -> Delivery:
    raw = letter(f"spam-{n}", "Win", sender=f"spam{n}@elsewhere.example")
    encoded = base64.b64encode(raw).decode()
    return {"raw": encoded, "labels": ["SPAM"], "expect": "filtered"}


def _gmail_id(dice: random.Random) -> str:
    return f"{dice.getrandbits(60):015x}"
