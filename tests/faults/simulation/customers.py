"""What customers write: threads with shared subjects, follow-ups, answers to agents' mails.

Every mail says by its `group` which conversation it belongs to; that is all the judge knows of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from faults.simulation.stage import Outside
from letters import letter, message_id
from simulators.freescout.outbox import Mail, raw_mail
from simulators.gmail.mailbox import Delivery, Message

_SUBJECTS = ("Order 4711", "Invoice", "Question", "Delivery", "Return", "Login")
_PEOPLE = tuple(f"{name}@customers.example" for name in ("ann", "bob", "cem", "dag", "eve", "flo"))
_COLLEAGUE = "colleague@elsewhere.example"


@dataclass(slots=True)
class Exchange:
    """A Gmail thread as its customer sees it: `ids` are the Message-IDs in it."""

    group: str
    person: str
    subject: str
    ids: list[str] = field(default_factory=list)


class Customers:
    """Write `mails` mails in at most `threads` threads of their own within `span` seconds."""

    def __init__(self, outside: Outside, mails: int, threads: int, span: float) -> None:
        self._outside = outside
        self._world = outside.world
        self._threads = threads
        self._exchanges: list[Exchange] = []
        self._unanswered: list[Mail] = []
        self._number = 0
        self.messages: list[Message] = []
        dice = self._world.dice
        for at in sorted(dice.uniform(5, span) for _ in range(mails)):
            self._world.loop.later(at, self.write)

    def write(self) -> None:
        """One mail of somebody."""
        dice = self._world.dice
        own = [one for one in self._exchanges if one.group.startswith("g")]
        if self._unanswered and dice.random() < 0.5:
            self._follow_up(self._answer())
        elif len(own) >= self._threads or (own and dice.random() < 0.6):
            self._follow_up(dice.choice(self._exchanges))
        else:
            self._follow_up(self._begin(len(own)))

    def receive(self, mail: Mail) -> None:
        """An agent's mail reached its customer; its copy is in the account's sent folder."""
        if self._world.dice.random() < 0.5:
            copy = Delivery(raw_mail(mail), labels=("SENT",), expect="filtered")
            self._outside.post.box.deliver(copy)._attachments = 0
        self._unanswered.append(mail)

    def _begin(self, number: int) -> Exchange:
        """A new thread; the second one has the customer and the subject of the first."""
        dice = self._world.dice
        person, subject = dice.choice(_PEOPLE), dice.choice(_SUBJECTS)
        if number == 1:
            person, subject = self._exchanges[0].person, self._exchanges[0].subject
        exchange = Exchange(f"g{number}", person, subject)
        self._exchanges.append(exchange)
        return exchange

    def _answer(self) -> Exchange:
        """The customer answers an agent: nothing but FreeScout's own id leads back."""
        mail = self._unanswered.pop(self._world.dice.randrange(len(self._unanswered)))
        exchange = Exchange(self._group_of(mail), mail.recipient, mail.subject, [mail.message_id])
        self._exchanges.append(exchange)
        return exchange

    def _group_of(self, mail: Mail) -> str:
        """The group whose conversation the agent answered in, wherever that was merged to."""
        desk = self._outside.desk.site.desk
        row = desk.conversations[desk.thread(mail.thread_id).conversation_id]
        seconds = {message.internal_date_s: message.group for message in self.messages}
        groups = [seconds[t.created_at] for t in row.threads if t.created_at in seconds]
        return next((group for group in groups if group), f"c{row.id}")

    def _follow_up(self, exchange: Exchange) -> None:
        dice = self._world.dice
        self._number += 1
        name = f"m{self._number}"
        is_foreign = len(exchange.ids) > 1 and dice.random() < 0.05
        is_answer = bool(exchange.ids) and not exchange.subject.startswith("Re: ")
        files = self._files(name)
        raw = letter(
            name,
            f"Re: {exchange.subject}" if is_answer else exchange.subject,
            sender=_COLLEAGUE if is_foreign else exchange.person,
            answers=exchange.ids[-3:],
            files=files,
        )
        exchange.ids.append(message_id(name))
        message = self._outside.post.box.deliver(
            Delivery(raw, expect="ticket", group=exchange.group)
        )
        message._attachments = len(files)
        self.messages.append(message)
        self._world.note("mail", name, message.id, exchange.group, message.thread_id)

    def _files(self, name: str) -> Sequence[tuple[str, bytes]]:
        dice = self._world.dice
        number = dice.choice((0, 0, 0, 1, 2))
        return [(f"{name}-{n}.bin", dice.randbytes(dice.randint(20, 2000))) for n in range(number)]
