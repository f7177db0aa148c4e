"""Asks one FreeScout installation what it really does, on a conversation of a test address.

The API module is paid and versioned, so nothing is written for customers before this has passed.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import Literal

from sqlalchemy import Connection, bindparam, select
from sqlmodel import Field, SQLModel

from csm.db import csm_now, insert_into, table_of
from csm.freescout import (
    SELF_TEST_PREFIX,
    Conversation,
    CustomerThread,
    Draft,
    FreeScout,
    NewConversation,
    Note,
    OutgoingAttachment,
    Thread,
)
from csm.marker import append_marker, identifies, make_marker
from csm.settings import LEVELS, WriteLevel

_FILE = OutgoingAttachment("self-test.txt", "text/plain", b"csm self-test\n" * 8)
Answer = Literal["yes", "no", "skip"]


class SelfTest(SQLModel, table=True):
    """The last self-test: it counts for one FreeScout address and one version of ours."""

    __tablename__ = "self_test"

    freescout_url: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    at: float
    findings: str


SELF_TEST = table_of(SelfTest)
_STORED = select(SELF_TEST.c.findings).where(
    SELF_TEST.c.freescout_url == bindparam("url"), SELF_TEST.c.version == bindparam("ours")
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One question to FreeScout: the answer in words, and the first level it forbids, if any."""

    name: str
    is_ok: bool
    words: str
    forbids: WriteLevel | None = None


def allowed_level(findings: Sequence[Finding]) -> WriteLevel:
    """The highest write level that no finding forbids."""
    forbidden = [LEVELS.index(f.forbids) for f in findings if f.forbids and not f.is_ok]
    return LEVELS[min(forbidden) - 1] if forbidden else LEVELS[-1]


@cache
def our_version() -> str:
    """A new version of ours needs a new self-test."""
    return version("csm-common")


def stored(connection: Connection, url: str) -> list[Finding] | None:
    """The findings for this FreeScout and this version, None before the first self-test."""
    ours = {"url": url, "ours": our_version()}
    found = connection.execute(_STORED, ours).scalar_one_or_none()
    return None if found is None else [Finding(**finding) for finding in json.loads(found)]


def store(connection: Connection, url: str, findings: Sequence[Finding]) -> None:
    """Keep the findings, in place of earlier ones."""
    row = insert_into(connection, SELF_TEST).values(
        freescout_url=url,
        version=our_version(),
        at=csm_now(),
        findings=json.dumps([asdict(finding) for finding in findings]),
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[SELF_TEST.c.freescout_url, SELF_TEST.c.version],
            set_={"findings": row.excluded.findings, "at": row.excluded.at},
        )
    )


class SelfTestRun:
    """Writes the test conversation, reads it back, closes it."""

    def __init__(self, freescout: FreeScout, key: bytes, bot_user_id: int) -> None:
        """`key` signs the test's markers."""
        self._freescout = freescout
        self._key = key
        self._bot = bot_user_id

    async def run(self, mailbox_id: int, test_address: str) -> list[Finding]:
        """All findings. Raises the client's errors when FreeScout cannot be asked at all."""
        now = datetime.now(UTC).replace(microsecond=0)
        effect = f"self-test:{now.isoformat()}"
        conversation_id = await self._create(mailbox_id, test_address, effect, now)
        findings = await self._about_thread(conversation_id, effect, now)
        findings += await self._about_draft(conversation_id, effect)
        findings += await self._about_modules(mailbox_id)
        await self._note(conversation_id)
        await self._freescout.close_self_test(conversation_id, self._bot)
        return findings

    async def _create(self, mailbox_id: int, test_address: str, effect: str, now: datetime) -> int:
        yesterday = now - timedelta(days=1)
        thread = CustomerThread(
            text=append_marker("<p>Self-test</p>", make_marker(self._key, effect, "b")),
            customer_email=None,
            cc=(f"cc.{test_address}",),
            created_at=yesterday,
            imported=True,
            attachments=(_FILE,),
        )
        made = await self._freescout.create_conversation(
            NewConversation(
                mailbox_id=mailbox_id,
                subject=f"{SELF_TEST_PREFIX} {now:%Y-%m-%d %H:%M:%S} UTC",
                customer_email=test_address,
                thread=thread,
                imported=True,
                created_at=yesterday,
            )
        )
        return made.conversation_id

    async def _about_thread(
        self, conversation_id: int, effect: str, now: datetime
    ) -> list[Finding]:
        conversation = await self._freescout.conversation(conversation_id)
        marked = [t for t in conversation.threads if identifies(self._key, effect, t.body)]
        if not marked:
            words = "the marker does not come back: a written mail could not be recognised"
            return [Finding("marker", is_ok=False, words=words, forbids="tickets")]
        return [
            Finding("marker", is_ok=True, words="comes back unchanged", forbids="tickets"),
            _about_attachment(marked[0]),
            _about_time(marked[0], now - timedelta(days=1)),
        ]

    async def _about_draft(self, conversation_id: int, effect: str) -> list[Finding]:
        before = await self._freescout.conversation(conversation_id)
        draft_effect = f"{effect}:draft"
        text = append_marker("<p>Draft</p>", make_marker(self._key, draft_effect, ""))
        await self._freescout.append_thread(
            conversation_id, Draft(text=text, user_id=self._bot, status="active", cc=before.cc)
        )
        after = await self._freescout.conversation(conversation_id)
        drafts = [t for t in after.threads if identifies(self._key, draft_effect, t.body)]
        return [_about_state(drafts), _about_moves(before, after)]

    async def _about_modules(self, mailbox_id: int) -> list[Finding]:
        has_tags = await self._freescout.tags_present()
        has_fields = await self._freescout.custom_fields_present(mailbox_id)
        return [
            Finding("tags", has_tags, _module("Tags", is_there=has_tags), forbids="triage"),
            Finding("custom fields", has_fields, _module("Custom Fields", is_there=has_fields)),
        ]

    async def _note(self, conversation_id: int) -> None:
        """A note that is not imported: only the operator sees whether it notified the team."""
        conversation = await self._freescout.conversation(conversation_id)
        note = Note(
            text="<p>Self-test: did FreeScout notify you of this note?</p>",
            user_id=self._bot,
            status="active",
            cc=conversation.cc,
            imported=False,
        )
        await self._freescout.append_thread(conversation_id, note)


def _about_attachment(thread: Thread) -> Finding:
    sizes = [attachment.size for attachment in thread.attachments]
    is_kept = len(_FILE.content) in sizes
    words = "comes back with its size" if is_kept else "is lost or changed in size"
    return Finding("attachment", is_kept, words, forbids="tickets")


def _about_time(thread: Thread, wanted: datetime) -> Finding:
    if thread.created_at == wanted:
        return Finding("createdAt", is_ok=True, words="is honoured for imported threads")
    return Finding(
        "createdAt", is_ok=False, words="is ignored: threads will say in words when they came"
    )


def _about_state(drafts: Sequence[Thread]) -> Finding:
    is_kept = len(drafts) == 1 and drafts[0].state == "draft"
    words = "stays a draft" if is_kept else "is published instead of kept: no drafts will be made"
    return Finding("draft", is_kept, words, forbids="drafts")


def _about_moves(before: Conversation, after: Conversation) -> Finding:
    moved = [
        name
        for name, was, is_ in (
            ("status", before.status, after.status),
            ("cc", before.cc, after.cc),
        )
        if was != is_
    ]
    words = f"moves {' and '.join(moved)}" if moved else "moves neither status nor cc"
    return Finding("draft's side effects", not moved, words)


def _module(name: str, *, is_there: bool) -> str:
    return f"the {name} module is there" if is_there else f"the {name} module is absent"


def about_notification(answer: Answer) -> Finding:
    """What the operator saw."""
    words = {
        "yes": "a note notifies the team",
        "no": "a note notifies nobody: agents must follow the mailbox",
        "skip": "not asked",
    }
    return Finding("note notifies", answer != "no", words[answer])
