"""Compares what FreeScout holds with the journal, page by page; reads only, repairs nothing."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from csm.admin import Json
from csm.db import Database
from csm.freescout import SELF_TEST_PREFIX, Conversation, FreeScout, Thread
from csm.lookup import Lookup, merged_away
from csm.marker import find_marker, trusted_flags
from gmail_ingest import audit_policy, audit_state
from gmail_ingest.audit_policy import Finding, Recorded
from gmail_ingest.audit_state import Ended, Owner
from gmail_ingest.predecessor import WRITTEN

# Conversations, or mails of the journal, that one slice looks at.
_SLICE = 50
# Seconds for which a conversation that was looked at needs no second look.
_FRESH = 900.0
_ANSWERED = "answered from Gmail"


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of an audit: what it found, where to go on (None at the end), what it looked at."""

    findings: tuple[Finding, ...]
    position: Json | None
    conversations: int


class Audit:
    """First the conversations that changed, mailbox by mailbox, then the mails of the journal
    whose conversation was not among them. Each slice is bounded and stands for itself.
    """

    def __init__(
        self, db: Database, freescout: FreeScout, key: bytes, mailbox_ids: Iterable[int]
    ) -> None:
        """`key` recognises our markers; `mailbox_ids` are FreeScout's."""
        self._db = db
        self._freescout = freescout
        self._key = key
        self._lookup = Lookup(freescout, key)
        self._mailboxes = sorted(set(mailbox_ids))
        self._looked: dict[int, float] = {}

    @property
    def begin(self) -> Json:
        """The position of a new audit."""
        return {"mailbox": self._mailboxes[0], "at": None}

    async def slice(self, since: float, position: Json) -> Slice:
        """Look at the next part of what changed since `since` (epoch seconds).

        Raises FreeScoutUnavailableError and FreeScoutRejectedError; the position stays good.
        """
        now = time.monotonic()
        kept = {} if position == self.begin else self._looked
        self._looked = {id_: at for id_, at in kept.items() if now - at < _FRESH}
        if "mailbox" in position:
            return await self._changed(since, position["mailbox"], position["at"])
        return await self._journaled(since, position["after"])

    async def _changed(self, since: float, mailbox_id: int, at: float | None) -> Slice:
        page, next_at = await self._page(mailbox_id, since if at is None else at)
        findings = await self._compared(page)
        if next_at is not None:
            position: Json = {"mailbox": mailbox_id, "at": next_at}
        elif later := [one for one in self._mailboxes if one > mailbox_id]:
            position = {"mailbox": later[0], "at": None}
        else:
            position = {"after": 0}
        return Slice(findings, position, len(page))

    async def _page(self, mailbox_id: int, at: float) -> tuple[list[Conversation], float | None]:
        """Conversations of a mailbox changed since `at`, the oldest change first, and how far
        they reach; None at the end.

        By time, not by page number: a row that changes meanwhile moves behind, and would push
        another one out of the next page.
        """
        page: list[Conversation] = []
        changed = self._freescout.conversations(
            mailbox_id=mailbox_id, updated_since=datetime.fromtimestamp(at, UTC),
            sort_order="asc", embed_threads=True, page_size=_SLICE,
        )  # fmt: skip
        async for conversation in changed:
            page.append(conversation)
            reached = conversation.updated_at.timestamp()
            if len(page) >= _SLICE and reached > at:
                return page, reached
        return page, None

    async def _journaled(self, since: float, after: int) -> Slice:
        """Mails whose conversation has not changed, or is not where it was."""
        mails = await self._db.run(audit_state.ended, since, after, _SLICE)
        findings = list(_without_write(mails))
        places = {mail.recorded.conversation_id for mail in mails if mail.recorded}
        found = [await self._lookup.conversation(one) for one in sorted(places - set(self._looked))]
        there = [conversation for conversation in found if conversation is not None]
        findings += await self._compared(there)
        position = {"after": mails[-1].seq} if len(mails) == _SLICE else None
        return Slice(tuple(findings), position, len(there))

    async def _compared(self, conversations: Sequence[Conversation]) -> tuple[Finding, ...]:
        known = await self._db.run(
            audit_state.in_conversations, [conversation.id for conversation in conversations]
        )
        findings: list[Finding] = []
        for conversation in conversations:
            if not conversation.subject.startswith(SELF_TEST_PREFIX):
                written = [mail for mail in known if mail.conversation_id == conversation.id]
                findings += await self._compare(conversation, written)
            self._looked[conversation.id] = time.monotonic()
        return tuple(findings)

    async def _compare(
        self, conversation: Conversation, written: Sequence[Recorded]
    ) -> list[Finding]:
        """One conversation against the mails that the journal has in it."""
        threads = {t.id: t for t in conversation.threads if t.type == "customer"}
        ours = {id_ for id_, thread in threads.items() if self._is_ours(thread)}
        rest = ours - {mail.thread_id for mail in written}
        # Recorded since the list was read, or elsewhere.
        others = await self._db.run(audit_state.of_threads, rest)
        present = [m for m in (*written, *others) if m.thread_id in threads]
        rest -= {mail.thread_id for mail in others}
        findings = await self._missing(conversation, written)
        findings += await self._misplaced(conversation, others)
        findings += await self._unknown(conversation, {id_: threads[id_] for id_ in rest})
        found = (audit_policy.incomplete(mail, threads[mail.thread_id]) for mail in present)
        findings += filter(None, found)
        findings += audit_policy.disordered(present)
        return findings + await self._split(conversation, present)

    async def _missing(
        self, conversation: Conversation, written: Sequence[Recorded]
    ) -> list[Finding]:
        """Recorded threads that are not there.

        Asked anew, for they may be younger than the list. What left in a merge, or was deleted
        for good with its conversation, was moved or deleted by a person.
        """
        absent = _absent(written, conversation)
        again = await self._lookup.conversation(conversation.id) if absent else None
        if again is None or merged_away(again):
            return []
        return [audit_policy.missing(mail) for mail in _absent(absent, again)]

    def _is_ours(self, thread: Thread) -> bool:
        return trusted_flags(self._key, thread.body) is not None

    async def _misplaced(
        self, conversation: Conversation, mails: Sequence[Recorded]
    ) -> list[Finding]:
        """Threads that the journal has elsewhere: only a merge brings them here."""
        findings = []
        for mail in mails:
            if mail.conversation_id != conversation.id and not await self._gave_away(mail):
                words = f"thread {mail.thread_id} was written into {mail.conversation_id}"
                findings.append(mail.finding("foreign", words, conversation_id=conversation.id))
        return findings

    async def _gave_away(self, mail: Recorded) -> bool:
        """Whether a person merged the mail's conversation into another, or deleted it since."""
        recorded = await self._lookup.conversation(mail.conversation_id)
        return recorded is None or any(t.action_type == "merged" for t in recorded.threads)

    async def _unknown(
        self, conversation: Conversation, threads: Mapping[int, Thread]
    ) -> list[Finding]:
        """Threads with a genuine marker that the journal has no record of."""
        marks = {id_: found.mark_id for id_, t in threads.items() if (found := find_marker(t.body))}
        named = await self._owners(set(marks.values()))
        findings = []
        for thread_id, mark in marks.items():
            owner = named.get(mark)
            if owner is not None and owner.recorded is not None:
                # One that was recorded only now is no copy.
                if owner.recorded.thread_id != thread_id:
                    findings.append(audit_policy.double(owner.recorded, conversation.id, thread_id))
            elif owner is None or owner.state != "wanted":
                findings.append(_foreign(owner, conversation.id, thread_id))
        return findings

    async def _owners(self, wanted: Collection[str]) -> dict[str, Owner]:
        """The mails that these marks name, by mark."""
        named: dict[str, str] = {}
        after: str | None = ""
        while after is not None and len(named) < len(wanted):
            page, after = await self._db.run(audit_state.marks, self._key, wanted, after)
            named |= page
        known = await self._db.run(audit_state.owners, list(named.values()))
        return {mark: known[work_id] for mark, work_id in named.items() if work_id in known}

    async def _split(
        self, conversation: Conversation, present: Sequence[Recorded]
    ) -> list[Finding]:
        """Mails of the same Gmail threads in older conversations that still hold them."""
        mine = audit_policy.by_gmail_thread(present)
        findings = []
        everywhere = await self._db.run(audit_state.of_gmail_threads, list(mine))
        for gmail_thread, mails in audit_policy.by_gmail_thread(everywhere).items():
            first = min(mine[gmail_thread], key=lambda mail: mail.place)
            older = {m.conversation_id for m in mails if m.conversation_id < conversation.id}
            threads = {mail.thread_id for mail in mails}
            held = [one for one in sorted(older) if await self._holds(one, threads)]
            findings += [audit_policy.split(first, one) for one in held]
        return findings

    async def _holds(self, conversation_id: int, thread_ids: Collection[int]) -> bool:
        conversation = await self._lookup.conversation(conversation_id)
        return conversation is not None and any(t.id in thread_ids for t in conversation.threads)


def _absent(mails: Iterable[Recorded], conversation: Conversation) -> list[Recorded]:
    there = {thread.id for thread in conversation.threads}
    return [mail for mail in mails if mail.thread_id not in there]


def _without_write(mails: Sequence[Ended]) -> Iterator[Finding]:
    for mail in mails:
        if mail.recorded is None and mail.reason not in (_ANSWERED, WRITTEN):
            words = "the journal says written, but has no thread of it"
            yield Finding("missing", words, mail.gmail_message_id, 0, 0)


def _foreign(owner: Owner | None, conversation_id: int, thread_id: int) -> Finding:
    if owner is None:
        words = f"thread {thread_id} carries our marker, but the journal has no such mail"
        return Finding("foreign", words, "", conversation_id, thread_id)
    words = f"thread {thread_id} is there, but the journal calls its mail {owner.state}"
    return Finding("foreign", words, owner.gmail_message_id, conversation_id, thread_id)
