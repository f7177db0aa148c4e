"""All rows of one installation: kept, found by id, numbered."""

from collections.abc import Callable, Iterator
from itertools import count

from simulators.freescout.editor import Editor
from simulators.freescout.events import EventBook
from simulators.freescout.mailroom import Mailroom
from simulators.freescout.people import CustomerBook
from simulators.freescout.records import (
    Attachment,
    Author,
    Conversation,
    Customer,
    Mailbox,
    RefusedError,
    Switches,
    Team,
    Thread,
    User,
)


class Rows:
    """The tables behind the desk. `clock` returns seconds since 1970."""

    def __init__(
        self, clock: Callable[[], float], team: Team | None, switches: Switches | None
    ) -> None:
        self.clock = clock
        self.team = team or Team()
        self.switches = switches or Switches()
        self.events = EventBook(clock)
        self.customers = CustomerBook(self._tell_customer)
        self.conversations: dict[int, Conversation] = {}
        self.editors: dict[tuple[int, int], Editor] = {}
        self.mailroom = Mailroom(clock, self.team, self.switches, self.customers)
        self._threads: dict[int, Thread] = {}
        self._conversation_ids = count(1)
        self._thread_ids = count(1)
        self._attachment_ids = count(1)

    def now(self) -> int:
        """Return the time in whole seconds."""
        return int(self.clock())

    def conversation(self, conversation_id: int) -> Conversation:
        """Return the conversation; raise RefusedError (404) when it is gone or never was."""
        if conversation_id not in self.conversations:
            raise RefusedError("conversationId", "Conversation not found", status=404)
        return self.conversations[conversation_id]

    def thread(self, thread_id: int) -> Thread:
        """Return the thread; raise RefusedError (404) when it is gone or never was."""
        if thread_id not in self._threads:
            raise RefusedError("threadId", "Thread not found", status=404)
        return self._threads[thread_id]

    def user(self, user_id: int | None, path: str = "user") -> User:
        """Return the user; raise RefusedError when unknown."""
        for user in self.team.users:
            if user.id == user_id:
                return user
        raise RefusedError(path, "User not found")

    def mailbox(self, mailbox_id: int) -> Mailbox:
        """Return the mailbox; raise RefusedError when unknown."""
        for mailbox in self.team.mailboxes:
            if mailbox.id == mailbox_id:
                return mailbox
        raise RefusedError("mailboxId", "Mailbox not found")

    def threads(self) -> Iterator[Thread]:
        """All threads of all conversations, in the order in which they were written."""
        yield from self._threads.values()

    def attachment(self, attachment_id: int) -> Attachment | None:
        """Return the stored file with this id."""
        files = (file for thread in self.threads() for file in thread.attachments)
        return next((file for file in files if file.id == attachment_id), None)

    def tell(self, name: str, conversation: Conversation) -> None:
        """Fire an event about a conversation at once."""
        self.events.fire(name, conversation.id, conversation.mailbox_id)

    def add_line(
        self,
        conversation: Conversation,
        by: User,
        action: str,
        text: str,
        linked: dict[str, int] | None = None,
    ) -> None:
        """Record a change as a line item; `text` follows the person's name."""
        thread = Thread(
            id=next(self._thread_ids),
            conversation_id=conversation.id,
            posted_to=conversation.id,
            type="lineitem",
            status=conversation.status,
            state="published",
            body="",
            customer_id=conversation.customer_id,
            created_by=Author("user", by.id),
            created_at=self.now(),
            source_type="web",
            action_type=action,
            action_text=f"{by.name} {text}",
            linked=linked or {},
        )
        self._save(conversation, thread)
        conversation.updated_at = self.now()

    def drop_thread(self, thread_id: int) -> None:
        """Forget a thread without a trace: a discarded draft, or what a restored backup lacks."""
        thread = self._threads.pop(thread_id)
        self.conversations[thread.conversation_id].threads.remove(thread)

    def delete_forever(self, conversation_id: int) -> None:
        """Remove the conversation with everything in it; raise RefusedError (404) if unknown."""
        conversation = self.conversation(conversation_id)
        self.tell("convo.deleted_forever", conversation)
        for thread in conversation.threads:
            del self._threads[thread.id]
        del self.conversations[conversation_id]

    def _save(self, conversation: Conversation, thread: Thread) -> None:
        conversation.threads.append(thread)
        self._threads[thread.id] = thread

    def _tell_customer(self, name: str, customer: Customer) -> None:
        self.events.fire(name, customer.id, None)
