"""The writes a mail needs: its customer thread, new or appended, and the note on lost files."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import cast, get_args

from csm import effects
from csm.effects import Intent, Seen, Write, Written
from csm.freescout import (
    Conversation,
    CustomerThread,
    FreeScout,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
    NewConversation,
    Note,
    Status,
    ThreadBody,
    encode,
    is_bare_address,
)
from csm.marker import append_marker, make_marker
from gmail_ingest import thread_text
from gmail_ingest.job import Job, Shape, customer_thread, sent_attachments
from gmail_ingest.lookup import MailLookup


class Writes:
    """Builds `Write`s: each sends one request and knows how to find what it made."""

    def __init__(self, freescout: FreeScout, lookup: MailLookup, key: bytes) -> None:
        """`key` is the install key."""
        self._freescout = freescout
        self._lookup = lookup
        self._key = key

    def creation(self, job: Job, claims: int | None) -> Write:
        """A new conversation with the mail; `claims` is one that it names but may not enter."""
        # Old mail must not look like open work; FreeScout opens what a customer writes.
        status = job.settings.gmail.backfill_status if job.message.backfill else None
        shape = Shape(claims=claims, cc=job.copied, status=status)
        thread = customer_thread(job, shape, self._key)
        first, _, last = job.customer.name.partition(" ")
        conversation = NewConversation(
            mailbox_id=job.settings.freescout_mailbox_id,
            subject=job.mail.subject,
            customer_email=job.customer.email,
            customer_first_name=first,
            customer_last_name=last,
            thread=thread,
            imported=thread.imported,
            created_at=job.accepted_at,
            status=status,
        )

        async def send(send_until: float) -> Written:
            made = await self._freescout.create_conversation(
                conversation, send_until=send_until, key=job.message.work_id
            )
            return await self._read_back(job, thread, made.conversation_id, made.thread_id)

        async def find(intent: Intent) -> Seen:
            return await self._lookup.created(
                intent, conversation.mailbox_id, conversation.customer_email, conversation.subject
            )

        body = encode(conversation)
        target = f"{conversation.customer_email}\n{conversation.subject}"
        return Write(
            effect_id=job.effect_id,
            work_id=job.message.work_id,
            kind="create",
            body_sha256=hashlib.sha256(body).hexdigest(),
            body_bytes=len(body),
            send=send,
            find=find,
            attachments=sent_attachments(thread),
            target=hashlib.sha256(target.encode()).hexdigest(),
        )

    def addition(self, job: Job, conversation: Conversation) -> Write:
        """The mail as a further thread of `conversation`."""
        is_foreign = bool(job.mail.report) or (
            job.customer.email != conversation.customer_email.lower()
        )
        # FreeScout replaces the conversation's cc by the thread's: a stranger keeps it, but for
        # what a person typed there that is no bare address.
        kept = filter(is_bare_address, conversation.cc) if is_foreign else ()
        customer = conversation.customer_email.lower()
        cc = tuple(a for a in dict.fromkeys((*kept, *job.copied)) if a.lower() != customer)
        status = _status_of(conversation) if job.message.backfill else None
        shape = Shape(is_foreign=is_foreign, cc=cc, status=status)
        thread = customer_thread(job, shape, self._key)

        async def send(send_until: float) -> Written:
            thread_id = await self._freescout.append_thread(
                conversation.id, thread, send_until=send_until, key=job.message.work_id
            )
            return await self._read_back(job, thread, conversation.id, thread_id)

        return self._into(job.effect_id, job, thread, conversation, send)

    def missing_note(self, job: Job, missing: tuple[str, ...], conversation: Conversation) -> Write:
        """A note that names the files FreeScout lost."""
        html = thread_text.missing_files_note(missing, job.link)
        return self._note(job, f"incomplete:{job.effect_id}", html, conversation)

    def answer_note(self, job: Job, conversation: Conversation) -> Write:
        """A note with what a colleague answered from Gmail."""
        html = thread_text.answer_note(job.mail, job.link)
        return self._note(job, f"answered:{job.effect_id}", html, conversation)

    def _note(self, job: Job, effect: str, html: str, conversation: Conversation) -> Write:
        """An imported note: it notifies nobody. Status and cc stay as they are."""
        note = Note(
            text=append_marker(html, make_marker(self._key, effect, "")),
            user_id=job.behaviour.bot_user_id,
            status=_status_of(conversation),
            cc=conversation.cc,
            imported=True,
        )

        async def send(send_until: float) -> Written:
            thread_id = await self._freescout.append_thread(
                conversation.id, note, send_until=send_until, key=effect
            )
            return Written(conversation.id, thread_id)

        return self._into(effect, job, note, conversation, send)

    def _into(
        self,
        effect: str,
        job: Job,
        thread: ThreadBody,
        conversation: Conversation,
        send: Callable[[float], Awaitable[Written]],
    ) -> Write:
        """A write of a thread into a known conversation."""

        async def find(intent: Intent) -> Seen:
            return await self._lookup.written_in(intent, conversation)

        body = encode(thread)
        return Write(
            effect_id=effect,
            work_id=job.message.work_id,
            kind="append" if isinstance(thread, CustomerThread) else "note",
            body_sha256=hashlib.sha256(body).hexdigest(),
            body_bytes=len(body),
            send=send,
            find=find,
            attachments=sent_attachments(thread) if isinstance(thread, CustomerThread) else (),
        )

    async def _read_back(
        self, job: Job, thread: CustomerThread, conversation_id: int, thread_id: int | None
    ) -> Written:
        """Compare attachments, and learn the thread's id where the answer did not say it."""
        if thread_id is not None and not thread.attachments:
            return Written(conversation_id, thread_id)
        try:
            conversation = await self._lookup.conversation(conversation_id)
        except FreeScoutUnavailableError as error:
            # Surely nothing was read: that says nothing about the write, which was answered.
            error.certain = False
            raise
        except FreeScoutRejectedError as error:
            raise FreeScoutUnavailableError(f"the new thread cannot be read: {error}") from error
        written = conversation and self._lookup.marked(conversation, job.effect_id)
        if not written:
            raise FreeScoutUnavailableError("the new thread cannot be read back")
        sizes = [attachment.size for attachment in written.attachments]
        missing = effects.missing_attachments(sent_attachments(thread), sizes)
        return Written(conversation_id, written.id, missing)


def _status_of(conversation: Conversation) -> Status:
    """The conversation's status as a request may carry it."""
    known = conversation.status in get_args(Status)
    return cast("Status", conversation.status) if known else "active"
