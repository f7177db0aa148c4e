"""A mail in work: pure decisions about how it becomes a customer thread."""

from dataclasses import dataclass
from datetime import UTC, datetime

from csm.effects import Sent
from csm.freescout import CustomerThread, OutgoingAttachment, Status
from csm.marker import append_marker, make_marker
from csm.work import State
from gmail_ingest import policy, thread_text
from gmail_ingest.mime import Address, Mail
from gmail_ingest.settings import MailboxSettings
from gmail_ingest.state import Message


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the self-test found out about this FreeScout, and who signs notes."""

    bot_user_id: int
    created_at_honoured: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """A mail with everything that was decided about it; `gap` counts parked earlier mails."""

    message: Message
    settings: MailboxSettings
    mail: Mail
    raw: bytes
    behaviour: Behaviour
    gap: int = 0

    @property
    def effect_id(self) -> str:
        """The effect of its customer thread."""
        return effect_id(self.message)

    @property
    def customer(self) -> Address:
        """Who wrote it."""
        return policy.customer_of(self.mail, self.settings.own_addresses)

    @property
    def speakers(self) -> frozenset[str]:
        """Who must take part in a conversation to enter it: for a bounce, whom it was about.

        Never we ourselves: our own address takes part in every conversation.
        """
        report = self.mail.report
        speaking = report.failed_recipients if report else (self.customer.email,)
        return frozenset(speaking) - self.settings.own_addresses

    @property
    def references(self) -> tuple[str, ...]:
        """Message-IDs it answers: for a bounce, first those of the mail that came back."""
        bounced = self.mail.report.original_message_ids if self.mail.report else ()
        return (*bounced, *self.mail.references)

    @property
    def link(self) -> str:
        """The mail in Gmail."""
        return thread_text.gmail_link(self.settings.address, self.message.gmail_message_id)

    @property
    def accepted_at(self) -> datetime:
        """When Gmail accepted it; `Date` is only the sender's claim."""
        return datetime.fromtimestamp((self.message.internal_date or 0) / 1000, UTC)

    @property
    def copied(self) -> tuple[str, ...]:
        """Cc of the thread: everybody the mail also went to, without us and without its sender."""
        skip = self.settings.own_addresses | {self.customer.email}
        others = (address.email for address in (*self.mail.to, *self.mail.cc))
        return tuple(dict.fromkeys(email for email in others if email not in skip))

    @property
    def ended(self) -> tuple[State, str | None]:
        """The end that a written mail gets."""
        return ("degraded", self.mail.degraded) if self.mail.degraded else ("done", None)

    def flags(self, *, is_foreign: bool) -> str:
        """What only the headers knew, for the marker."""
        return policy.flags(
            self.mail, self.message.labels, backfill=self.message.backfill, foreign=is_foreign
        )

    @property
    def is_forged(self) -> bool:
        """Whether the mail fails DMARC, so that its sender is not proven."""
        return "d" in self.flags(is_foreign=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the thread of a job is written: into which company, with which visible lines."""

    is_foreign: bool = False
    claims: int | None = None
    cc: tuple[str, ...] = ()
    status: Status | None = None


def is_answer_from_gmail(job: Job) -> bool:
    """Whether the team should see it as an answer that somebody gave outside FreeScout."""
    own = job.settings.own_addresses
    return job.settings.allows("tickets") and policy.is_answer_from_gmail(
        job.mail, job.message.labels, own
    )


def effect_id(message: Message) -> str:
    """The effect of a message's customer thread."""
    return effect_id_of(message.mailbox, message.gmail_message_id)


def effect_id_of(slug: str, gmail_message_id: str) -> str:
    """The same by the mailbox's slug and Gmail's id."""
    return f"customer-thread:{slug}:{gmail_message_id}"


def unwritten(job: Job) -> tuple[State, str] | None:
    """Why the mail gets no thread: filtered, or a mailbox that does not write yet."""
    rules = policy.FilterRules(
        mode=job.settings.filter,
        own_addresses=job.settings.own_addresses,
        excluded_senders=job.settings.excluded_senders,
    )
    reason = policy.filter_reason(job.mail, job.message.labels, rules)
    if reason is not None and not job.message.is_released:
        return "filtered", reason
    if not job.settings.allows("tickets"):
        return "dry-run", "write = off"
    return None


def customer_thread(job: Job, shape: Shape, key: bytes) -> CustomerThread:
    """The body of the thread, its marker last.

    FreeScout: without a customer the thread belongs to the conversation's; another address would
    change the conversation's customer, so none is ever sent.
    """
    marker = make_marker(key, job.effect_id, job.flags(is_foreign=shape.is_foreign))
    return CustomerThread(
        text=append_marker(_html(job, shape), marker),
        customer_email=None,
        cc=shape.cc,
        created_at=job.accepted_at,
        imported=job.settings.notify != "native",
        attachments=_attachments(job),
        status=shape.status,
    )


def sent_attachments(thread: CustomerThread) -> tuple[Sent, ...]:
    """What the intent remembers of the attachments."""
    return tuple(Sent(a.file_name, len(a.content)) for a in thread.attachments)


def _html(job: Job, shape: Shape) -> str:
    stub = thread_text.stub_text(job.mail.degraded, job.link) if job.mail.degraded else ""
    return stub + thread_text.compose(job.mail, _lines(job, shape))


def _lines(job: Job, shape: Shape) -> list[str]:
    lines = []
    if shape.claims is not None:
        lines.append(thread_text.claim_line(shape.claims))
    if shape.is_foreign:
        lines.append(thread_text.foreign_line(job.customer))
    if job.gap:
        lines.append(thread_text.gap_line(job.gap))
    if not job.behaviour.created_at_honoured:
        lines.append(thread_text.date_line(job.accepted_at.strftime("%Y-%m-%d %H:%M UTC")))
    return lines


def _attachments(job: Job) -> tuple[OutgoingAttachment, ...]:
    files = thread_text.original(job.raw) if job.mail.degraded else job.mail.attachments
    return tuple(
        OutgoingAttachment(file.file_name, file.mime_type, file.content)
        for file in files
        if file.content
    )
