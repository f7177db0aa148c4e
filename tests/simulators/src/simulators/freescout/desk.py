"""FreeScout's behaviour without HTTP: one call, one write with all its side effects."""

import random
from collections.abc import Callable

from simulators.freescout.effects import apply_effects, set_status
from simulators.freescout.events import Delayed
from simulators.freescout.outbox import Mail
from simulators.freescout.records import (
    Attachment,
    Author,
    Conversation,
    ConversationChange,
    CrashedError,
    Customer,
    CustomerRef,
    Cut,
    NewConversation,
    NewThread,
    RefusedError,
    Switches,
    Team,
    Thread,
    User,
)
from simulators.freescout.rows import Rows

_SUBJECT = 998
_KNOWN_STATES = ("draft", "published")
_EVENT_OF = {
    "customer": "convo.customer.reply.created",
    "message": "convo.agent.reply.created",
    "note": "convo.note.created",
}


class Desk(Rows):
    """One FreeScout installation in memory.

    `clock` returns seconds since 1970. Each call is atomic for its caller; the rows it returns
    are the live ones. What people do in the web UI is in `staff` and `drafting`.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        dice: random.Random,
        team: Team | None = None,
        switches: Switches | None = None,
    ) -> None:
        super().__init__(clock, team, switches)
        self._dice = dice

    def create_conversation(self, new: NewConversation, cut: Cut = Cut.NOTHING) -> Conversation:
        """Save the conversation, then its threads, oldest first.

        Raise RefusedError before anything is saved; raise CrashedError with the conversation
        left empty when `cut` says so or the core's createdAt bug is switched on.
        """
        self.mailbox(new.mailbox_id)
        for thread in new.threads:
            self._check_author(thread)
        if new.assign_to:
            self.user(new.assign_to, "assignTo")
        conversation = self._open(new, self.customers.resolve(new.customer))
        if cut is Cut.THREADS:
            raise CrashedError("the conversation was saved without its threads")
        saved = [self._first_thread(conversation, each, cut) for each in reversed(new.threads)]
        if new.status:
            set_status(conversation, new.status, None, new.closed_at or self.now())
        conversation.state = new.state
        for first in saved:
            self._announce_first(conversation, first)
        return conversation

    def _first_thread(self, conversation: Conversation, new: NewThread, cut: Cut) -> Thread:
        self._check_date(new)
        author = self.customers.resolve(new.customer) if new.customer else None
        return self.add_thread(conversation, new, author, cut)

    def append_thread(self, conversation_id: int, new: NewThread, cut: Cut = Cut.NOTHING) -> Thread:
        """Add a thread with all side effects; raise RefusedError when anything is unknown."""
        conversation = self.conversation(conversation_id)
        self._check_author(new)
        self._check_date(new)
        husk = not conversation.threads
        customer = self.customers.resolve(new.customer) if new.customer else None
        thread = self.add_thread(conversation, new, customer, cut)
        if new.type == "note" and new.status and new.status != conversation.status:
            self.change_status(conversation, new.status, self.user(new.user))
        if husk:
            self._announce_first(conversation, thread)
        else:
            self.announce(conversation, thread, by_api=True)
        return thread

    def _check_author(self, new: NewThread) -> None:
        if new.type != "customer":
            self.user(new.user)

    def _check_date(self, new: NewThread) -> None:
        # The core calls a method it does not have when an imported thread carries createdAt.
        dated = new.imported and new.created_at is not None
        if dated and self.switches.created_at == "throws":
            raise CrashedError("call to undefined method")

    def _open(self, new: NewConversation, customer: Customer) -> Conversation:
        now = self.now()
        honoured = new.imported and self.switches.conversation_created_at == "honoured"
        number = next(self._conversation_ids)
        conversation = Conversation(
            id=number,
            number=number + self.switches.number_offset,
            mailbox_id=new.mailbox_id,
            type=new.type,
            subject=new.subject[:_SUBJECT],
            status=new.status or "active",
            state=new.state,
            customer_id=customer.id,
            created_by=Author("customer", customer.id),
            created_at=new.created_at if honoured and new.created_at is not None else now,
            updated_at=now,
            assignee=new.assign_to or None,
            custom_fields=dict(new.custom_fields),
        )
        self.conversations[conversation.id] = conversation
        return conversation

    def _announce_first(self, conversation: Conversation, thread: Thread) -> None:
        # Every thread of a create counts as the first one: the last of them decides the source,
        # each lets an auto reply go and fires convo.created.
        conversation.source_via = thread.created_by.kind
        conversation.created_by = thread.created_by
        self.mailroom.announce(conversation, thread)
        self.mailroom.auto_reply(conversation, thread)
        self._tell_of("convo.created", conversation, thread, by_api=True)

    def announce(self, conversation: Conversation, thread: Thread, *, by_api: bool) -> None:
        """Mail and tell what a further thread causes."""
        self.mailroom.announce(conversation, thread)
        self._tell_of(_EVENT_OF[thread.type], conversation, thread, by_api=by_api)

    def _tell_of(
        self, name: str, conversation: Conversation, thread: Thread, *, by_api: bool
    ) -> None:
        # FreeScout: what an agent wrote is told when it can no longer be undone.
        if thread.type != "message":
            self.tell(name, conversation)
            return
        due_at = self.clock() + self.switches.reply_delay_seconds
        self.events.later(Delayed(name, thread.id, due_at, by_api))

    def fire_due(self) -> None:
        """Fire the events whose undo time is over and whose thread is still published.

        FreeScout: drafts made by the API fired it too in some module versions.
        """
        for delayed in self.events.take_due():
            thread = self._threads.get(delayed.thread_id)
            loud = self.switches.draft_events and delayed.by_api
            if thread is not None and (thread.state == "published" or loud):
                self.tell(delayed.name, self.conversations[thread.conversation_id])

    def add_thread(
        self,
        conversation: Conversation,
        new: NewThread,
        customer: Customer | None = None,
        cut: Cut = Cut.NOTHING,
    ) -> Thread:
        """Save a thread and apply its effects; mails nobody."""
        thread = self._add_row(conversation, new, self._author(conversation, new, customer))
        if cut is not Cut.ATTACHMENTS:
            self._attach(thread, new)
        self.count_thread(conversation, counts=apply_effects(conversation, thread, new, self.now()))
        return thread

    def add_draft(self, conversation: Conversation, new: NewThread) -> Thread:
        """Save a draft a person began in the UI, which leaves its conversation alone."""
        return self._add_row(conversation, new, self._author(conversation, new, None))

    def _add_row(self, conversation: Conversation, new: NewThread, author: Author) -> Thread:
        honoured = new.imported and self.switches.created_at == "honoured"
        thread = Thread(
            id=next(self._thread_ids),
            conversation_id=conversation.id,
            posted_to=conversation.id,
            type=new.type,
            status=new.status or "nochange",
            state=self._state(new),
            body=new.text,
            customer_id=author.id if author.kind == "customer" else conversation.customer_id,
            created_by=author,
            created_at=new.created_at if honoured and new.created_at is not None else self.now(),
            source_type=new.source_type,
            to=new.to or (),
            cc=new.cc or (),
            bcc=new.bcc or (),
            imported=new.imported,
            in_drafts=new.source_type == "web" or self.switches.drafts_folder,
        )
        self._save(conversation, thread)
        return thread

    def _author(
        self, conversation: Conversation, new: NewThread, customer: Customer | None
    ) -> Author:
        if new.type != "customer":
            return Author("user", self.user(new.user).id)
        return Author("customer", customer.id if customer else conversation.customer_id)

    def _state(self, new: NewThread) -> str:
        if new.type != "message" or new.state not in _KNOWN_STATES:
            return "published"
        lost = self.switches.drafts == "published" and new.source_type == "api"
        return "published" if lost else new.state

    def _attach(self, thread: Thread, new: NewThread) -> None:
        for file in new.attachments:
            token = f"{self._dice.getrandbits(128):032x}"
            number = next(self._attachment_ids)
            thread.attachments.append(
                Attachment(number, thread.id, file.name, file.mime_type, file.content, token)
            )

    def count_thread(self, conversation: Conversation, *, counts: bool = True) -> None:
        """Count one more thread, or lose it.

        FreeScout reads, adds and writes the counter without a lock: parallel appends lose some.
        """
        if counts and self._dice.random() >= self.switches.threads_count_loss:
            conversation.threads_count += 1

    def send_due(self) -> list[Mail]:
        """Send every mail whose time has come and return them."""
        return self.mailroom.send_due(self._is_published)

    def _is_published(self, thread_id: int) -> bool:
        thread = self._threads.get(thread_id)
        return thread is not None and thread.state == "published"

    def update_conversation(self, conversation_id: int, change: ConversationChange) -> None:
        """Apply what really differs, each with its line item; the same value again does nothing.

        Raise RefusedError before anything is changed.
        """
        conversation = self.conversation(conversation_id)
        self._check_change(change)
        if change.status and change.status != conversation.status:
            self.change_status(conversation, change.status, self.user(change.by_user))
        if change.assign_to is not None and (change.assign_to or None) != conversation.assignee:
            self.assign(conversation, change.assign_to or None, self.user(change.by_user))
        if change.mailbox_id and change.mailbox_id != conversation.mailbox_id:
            self.move(conversation, change.mailbox_id, self.user(change.by_user))
        self._retitle(conversation, change)

    def _check_change(self, change: ConversationChange) -> None:
        wanted = (change.status, change.assign_to, change.mailbox_id)
        if any(value is not None for value in wanted):
            self.user(change.by_user, "byUser")
        if change.assign_to:
            self.user(change.assign_to, "assignTo")
        if change.mailbox_id:
            self.mailbox(change.mailbox_id)
        if change.customer_id is not None:
            self.customers.resolve(CustomerRef(id=change.customer_id))

    def _retitle(self, conversation: Conversation, change: ConversationChange) -> None:
        before = (conversation.customer_id, conversation.subject)
        conversation.customer_id = change.customer_id or conversation.customer_id
        conversation.subject = (change.subject or conversation.subject)[:_SUBJECT]
        if before != (conversation.customer_id, conversation.subject):
            conversation.updated_at = self.now()

    def change_status(self, conversation: Conversation, status: str, by: User) -> None:
        """Set the status, with a line item."""
        set_status(conversation, status, by.id, self.now())
        self.add_line(conversation, by, "changed-ticket-status", f"marked as {status}")
        self.tell("convo.status", conversation)

    def assign(self, conversation: Conversation, assignee: int | None, by: User) -> None:
        """Set or clear the assignee, with a line item."""
        conversation.assignee = assignee
        name = self.user(assignee).name if assignee else "anyone"
        self.add_line(conversation, by, "changed-ticket-assignee", f"assigned to {name}")
        self.tell("convo.assigned", conversation)

    def move(self, conversation: Conversation, mailbox_id: int, by: User) -> None:
        """Move to another mailbox, with a line item; raise RefusedError when it is unknown."""
        origin = self.mailbox(conversation.mailbox_id)
        conversation.mailbox_id = self.mailbox(mailbox_id).id
        linked = {"mailbox": origin.id}
        self.add_line(conversation, by, "moved-from-mailbox", f"moved from {origin.name}", linked)
        self.tell("convo.moved", conversation)

    def set_tags(self, conversation_id: int, tags: tuple[str, ...]) -> None:
        """Replace the whole set; does not touch updatedAt (FreeScout: by design).

        Raise RefusedError when the Tags module is absent.
        """
        conversation = self.conversation(conversation_id)
        if not self.switches.tags_module:
            raise RefusedError("tags", "Tags module is not installed")
        conversation.tags = tuple(dict.fromkeys(tags))

    def set_custom_fields(self, conversation_id: int, values: dict[int, str]) -> None:
        """Change only the given fields; raise RefusedError without the module or the field."""
        conversation = self.conversation(conversation_id)
        if not self.switches.custom_fields_module:
            raise RefusedError("customFields", "Custom Fields module is not installed")
        known = {custom.id for custom in self.team.custom_fields}
        if not known.issuperset(values):
            raise RefusedError("customFields", "Custom field not found")
        conversation.custom_fields.update(values)
