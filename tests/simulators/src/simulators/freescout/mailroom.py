"""Who gets mail about a new thread, and when it leaves."""

from collections.abc import Callable

from simulators.freescout.outbox import Mail, MailKind
from simulators.freescout.people import CustomerBook
from simulators.freescout.records import Author, Conversation, Switches, Team, Thread

_AUTO_REPLY = "<p>We received your message and will answer soon.</p>"


class Mailroom:
    """All mails of the installation: queued, sent and cancelled."""

    def __init__(
        self, clock: Callable[[], float], team: Team, switches: Switches, customers: CustomerBook
    ) -> None:
        self.mails: list[Mail] = []
        self._queued: list[Mail] = []
        self._clock = clock
        self._team = team
        self._switches = switches
        self._customers = customers

    def announce(self, conversation: Conversation, thread: Thread) -> None:
        """Queue what a new thread causes: nothing for drafts and imported threads.

        A published message goes to the customer after FreeScout's undo time, a customer's mail
        or a note at once to every other member of the team who wants it.
        """
        if thread.imported or thread.state == "draft":
            return
        if thread.type == "message":
            self._to_customer("reply", conversation, thread)
            return
        for user in self._team.users:
            if user.notified and thread.created_by != Author("user", user.id):
                self._queue("notification", conversation, thread, user.email)

    def auto_reply(self, conversation: Conversation, thread: Thread) -> None:
        """Queue the confirmation for the first thread of a conversation, unless imported."""
        if self._switches.auto_reply and not thread.imported:
            self._to_customer("auto_reply", conversation, thread)

    def _to_customer(self, kind: MailKind, conversation: Conversation, thread: Thread) -> None:
        address = self._customers.get(conversation.customer_id).email
        recipients = thread.to or ((address,) if address else ())
        if recipients:
            self._queue(kind, conversation, thread, ", ".join(recipients))

    def _queue(self, kind: MailKind, conversation: Conversation, thread: Thread, to: str) -> None:
        delay = self._switches.reply_delay_seconds if kind == "reply" else 0.0
        mailbox = next(row for row in self._team.mailboxes if row.id == conversation.mailbox_id)
        mail = Mail(
            id=len(self.mails) + 1,
            kind=kind,
            conversation_id=conversation.id,
            thread_id=thread.id,
            sender=mailbox.email,
            recipient=to,
            cc=conversation.cc if kind == "reply" else (),
            subject=f"Re: {conversation.subject}",
            html=_AUTO_REPLY if kind == "auto_reply" else thread.body,
            due_at=self._clock() + delay,
        )
        self.mails.append(mail)
        self._queued.append(mail)

    def cancel(self, thread_id: int) -> None:
        """Take back the queued mails of a thread whose sending was undone."""
        for mail in self._queued:
            if mail.thread_id == thread_id:
                mail.state = "cancelled"
        self._queued = [mail for mail in self._queued if mail.state == "queued"]

    def next_due(self) -> float | None:
        """Return when the next queued mail leaves, in seconds since 1970."""
        return min((mail.due_at for mail in self._queued), default=None)

    def send_due(self, is_published: Callable[[int], bool]) -> list[Mail]:
        """Send every mail whose time has come and return them; threads are asked for by id.

        FreeScout: the job gives up when its thread is a draft again (undo) or gone.
        """
        now = self._clock()
        due = [mail for mail in self._queued if mail.due_at <= now]
        self._queued = [mail for mail in self._queued if mail.due_at > now]
        for mail in due:
            mail.state = "sent" if is_published(mail.thread_id) else "cancelled"
            mail.sent_at = now if mail.state == "sent" else None
        return [mail for mail in due if mail.state == "sent"]
