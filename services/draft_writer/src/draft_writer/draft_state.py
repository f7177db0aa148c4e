"""Steps on the table of drafts: what is begun, what FreeScout has of it, what became of it."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    RowMapping,
    Table,
    bindparam,
    delete,
    func,
    select,
    update,
)  # fmt: skip

from csm import llm_ledger, work
from csm.contracts import ConversationClassified, DraftUpsert
from csm.db import csm_now, insert_into, serialize
from csm.dependency import Down, down, failed, succeeded
from csm.effects import EFFECT, Written
from csm.lease import Lease
from csm.retention import without_words
from csm.work import WORK, Owed
from draft_writer.decision import OPEN, DraftState, OwnRecord
from draft_writer.draft_table import DRAFT
from draft_writer.state import fence

# The dependency row that says that no draft may be made; only an operator removes it.
DRAFTING = "drafting"
_DAY = 86_400.0
# The fingerprint of a draft that was not there any more when it was read back.
GONE = "gone"


_NEW = {
    "source": "", "language": "", "llm_key": "", "text": "", "seen_at": -1.0, "seen_cc": "[]",
    "note": "", "fingerprint": "", "reason": "", "looks": 0, "sent_text": "", "sent_language": "",
}  # fmt: skip


# Asked every few seconds: built once, run with parameters.
_IS_DUE = DRAFT.c.state.in_(OPEN) & (DRAFT.c.next_look <= csm_now())
_DUE = select(DRAFT.c.basis_thread_id).where(_IS_DUE).order_by(DRAFT.c.next_look)
_CLAIM_LOOKS = (
    update(DRAFT)
    .where(DRAFT.c.basis_thread_id.in_(_DUE.limit(bindparam("most"))), _IS_DUE)
    .values(next_look=csm_now() + bindparam("pause", type_=Float()))
    .returning(DRAFT.c.conversation_id)
)


@dataclass(frozen=True, slots=True)
class Begun:
    """What is stored before a draft is sent."""

    basis_thread_id: int
    conversation_id: int
    mailbox_id: int
    purpose: str
    source: str
    language: str
    llm_key: str
    text: str
    seen_at: float
    seen_cc: tuple[str, ...]
    note: str


def draft_effect_id(basis_thread_id: int) -> str:
    """The effect of the draft for a customer thread: one for ever, whatever the purpose."""
    return f"draft:{basis_thread_id}"


def owe(connection: Connection, event: DraftUpsert, traceparent: str) -> None:
    """Owe a draft; the due loop publishes it. It is not behind the verdicts of its conversation."""
    work.owe(connection, [_owed(event, traceparent)])


def accept(
    connection: Connection, event: DraftUpsert, traceparent: str, again: float
) -> work.State:
    """Owe what somebody else asked for; its state, `wanted` unless it has ended before."""
    return work.accept(connection, _owed(event, traceparent), again)


def _owed(event: DraftUpsert, traceparent: str) -> Owed:
    resource = f"draft:{event.conversation_id}"
    payload = event.model_dump_json(exclude_none=True)
    return Owed(event.key, resource, event.name, payload, traceparent)


def verdict_on(connection: Connection, thread_id: int) -> ConversationClassified | None:
    """The newest verdict on a customer thread that we heard of."""
    named = WORK.c.id.startswith(f"conversation.classified:{thread_id}:", autoescape=True)
    heard = select(WORK.c.payload).where(named)
    verdicts = [
        ConversationClassified.model_validate_json(payload)
        for payload in connection.execute(heard).scalars()
    ]
    return max(verdicts, key=lambda verdict: verdict.verdict_seq, default=None)


def record_of(connection: Connection, basis: int, thread_ids: Collection[int]) -> OwnRecord:
    """What we know of the draft for `basis`, and of all of ours among these threads."""
    row = connection.execute(select(DRAFT).where(DRAFT.c.basis_thread_id == basis)).one_or_none()
    ours = select(DRAFT.c.thread_id, DRAFT.c.fingerprint).where(DRAFT.c.thread_id.in_(thread_ids))
    drafts = {found.thread_id: found.fingerprint for found in connection.execute(ours)}
    if row is None:
        return OwnRecord(basis, drafts=drafts)
    return OwnRecord(basis, row.state, row.thread_id, row.fingerprint != "", drafts)


def begin(connection: Connection, lease: Lease, begun: Begun, per_day: int) -> Down | str | None:
    """Store what is about to be sent; else what stopped all drafting, or why this one is not made.

    Raises LeaseLostError.
    """
    fence(connection, lease)
    if (halt := stopped(connection)) is not None:
        return halt
    serialize(connection, "draft.days")
    is_mine = DRAFT.c.basis_thread_id == begun.basis_thread_id
    today = (DRAFT.c.mailbox_id == begun.mailbox_id) & (DRAFT.c.begun_at > csm_now() - _DAY)
    counted = today & (DRAFT.c.state != "withheld") & ~is_mine
    number = connection.execute(select(func.count()).select_from(DRAFT).where(counted))
    if number.scalar_one() >= per_day:
        return f"the {per_day} drafts of the day are made"
    known = {name: getattr(begun, name) for name in begun.__slots__}
    known["seen_cc"] = json.dumps(begun.seen_cc)
    row = insert_into(connection, DRAFT).values(
        {**_NEW, **known, "state": "making", "begun_at": csm_now()}
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[DRAFT.c.basis_thread_id],
            set_=known,
            where=DRAFT.c.state == "making",
        )
    )
    return None


def made(basis: int, connection: Connection, written: Written) -> None:
    """In the result transaction: FreeScout has it."""
    mine = (DRAFT.c.basis_thread_id == basis) & (DRAFT.c.state == "making")
    there = {"thread_id": written.thread_id, "conversation_id": written.conversation_id}
    connection.execute(update(DRAFT).where(mine).values(state="made", made_at=csm_now(), **there))


def read_back(
    connection: Connection, lease: Lease, event: DraftUpsert, fingerprint: str, next_look: float
) -> None:
    """What FreeScout made of our text counts as ours, and the work is done.

    Raises LeaseLostError.
    """
    fence(connection, lease)
    mine = (DRAFT.c.basis_thread_id == event.basis_thread_id) & (DRAFT.c.fingerprint == "")
    seen = {"fingerprint": fingerprint, "next_look": csm_now() + next_look}
    connection.execute(update(DRAFT).where(mine).values(seen))
    work.end(connection, event.key, "done", "the draft is there")


def end(
    connection: Connection, lease: Lease, event: DraftUpsert, ended: work.State, reason: str
) -> None:
    """The work is done without a draft; one that was begun and surely not made is forgotten.

    Raises LeaseLostError.
    """
    fence(connection, lease)
    mine = (DRAFT.c.basis_thread_id == event.basis_thread_id) & (DRAFT.c.state == "making")
    connection.execute(delete(DRAFT).where(mine))
    work.end(connection, event.key, ended, reason)


def withhold(
    connection: Connection, lease: Lease, event: DraftUpsert, mailbox_id: int, reason: str
) -> bool:
    """No draft for this message, for ever; an unresolved intent of it is over too.

    False when its draft had its outcome before. Raises LeaseLostError.
    """
    fence(connection, lease)
    why = {"state": "withheld", "reason": reason, "ended_at": csm_now()}
    row = insert_into(connection, DRAFT).values(
        {
            **_NEW, **why, "basis_thread_id": event.basis_thread_id, "begun_at": csm_now(),
            "conversation_id": event.conversation_id, "mailbox_id": mailbox_id,
            "purpose": event.purpose,
        }
    )  # fmt: skip
    changed = connection.execute(
        row.on_conflict_do_update(
            index_elements=[DRAFT.c.basis_thread_id], set_=why, where=DRAFT.c.state == "making"
        )
    )
    effect = (EFFECT.c.id == draft_effect_id(event.basis_thread_id)) & (EFFECT.c.state == "intent")
    connection.execute(update(EFFECT).where(effect).values(state="withdrawn"))
    return changed.rowcount == 1


def open_intents(connection: Connection, conversation_id: int, basis: int) -> list[int]:
    """Messages of a conversation for which a draft is begun and its end not known; `basis` too."""
    here = (EFFECT.c.resource == f"conv:{conversation_id}") & (EFFECT.c.kind == "draft")
    mine = EFFECT.c.id == draft_effect_id(basis)
    found = select(EFFECT.c.id).where(EFFECT.c.state == "intent", here | mine)
    ids = connection.execute(found.order_by(EFFECT.c.sent_at)).scalars()
    return [int(effect_id.rpartition(":")[2]) for effect_id in ids]


def row_of(connection: Connection, basis: int) -> RowMapping:
    """The row of a message's draft, which was begun."""
    mine = select(DRAFT).where(DRAFT.c.basis_thread_id == basis)
    return connection.execute(mine).mappings().one()


def seen_at(connection: Connection, basis: int) -> float:
    """When FreeScout had the conversation last changed before the draft's intent; see the table."""
    mine = select(DRAFT.c.seen_at).where(DRAFT.c.basis_thread_id == basis)
    return float(connection.execute(mine).scalar_one())


def stop_drafting(connection: Connection, reason: str) -> bool:
    """No draft is made any more, in no replica; True when they were made until now."""
    return failed(connection, DRAFTING, reason, at_once=True)


def stopped(connection: Connection) -> Down | None:
    """Why no draft is made, None when drafts are made."""
    return down(connection, DRAFTING)


def resume_drafting(connection: Connection) -> bool:
    """Drafts are made again and what waited is due; False when nothing had stopped them."""
    return succeeded(connection, DRAFTING)


def counts(connection: Connection) -> dict[str, int]:
    """How many drafts are in which state."""
    rows = connection.execute(
        select(DRAFT.c.state, func.count().label("number")).group_by(DRAFT.c.state)
    )
    found = {row.state: row.number for row in rows}
    return {state: found.get(state, 0) for state in get_args(DraftState)}


def ended_since(connection: Connection, since: float) -> dict[str, int]:
    """How many drafts came to which end since then (epoch seconds)."""
    number = func.count().label("number")
    ended = select(DRAFT.c.state, number).where(DRAFT.c.ended_at >= since)
    return {row.state: row.number for row in connection.execute(ended.group_by(DRAFT.c.state))}


def due_looks(connection: Connection, pause: float, limit: int) -> list[int]:
    """Conversations whose drafts are to be looked at now; nobody else does for `pause` seconds."""
    claimed = connection.execute(_CLAIM_LOOKS, {"most": limit, "pause": pause})
    return sorted(set(claimed.scalars()))


def open_drafts(connection: Connection, conversation_id: int) -> list[RowMapping]:
    """Our drafts there whose outcome is not known, as far as FreeScout has them."""
    here = (DRAFT.c.conversation_id == conversation_id) & (DRAFT.c.state == "made")
    return list(connection.execute(select(DRAFT).where(here)).mappings())


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a draft. `distance` is 0 for the same words, 1 for none in common."""

    state: DraftState
    sent_text: str = ""
    sent_language: str = ""
    distance: float | None = None


def finish(connection: Connection, basis: int, ended: Ended) -> bool:
    """Store an outcome; False when it was known before."""
    mine = (DRAFT.c.basis_thread_id == basis) & (DRAFT.c.state == "made")
    changed = connection.execute(
        update(DRAFT)
        .where(mine)
        .values(
            state=ended.state, sent_text=ended.sent_text, sent_language=ended.sent_language,
            distance=ended.distance, ended_at=csm_now(), next_look=None,
        )
    )  # fmt: skip
    return changed.rowcount == 1


def look_later(connection: Connection, basis: int, conversation_id: int, seconds: float) -> None:
    """Nothing is known yet; the draft may have moved into another conversation."""
    mine = DRAFT.c.basis_thread_id == basis
    later = {"next_look": csm_now() + seconds, "looks": DRAFT.c.looks + 1}
    connection.execute(update(DRAFT).where(mine).values(conversation_id=conversation_id, **later))


def forget_texts(connection: Connection, seconds: float) -> int:
    """Words of drafts that ended, of verdicts and of answers, older than this; some at a time."""
    heard = (WORK.c.event == ConversationClassified.name) & (WORK.c.state != "wanted")
    number = without_words(connection, WORK, WORK.c.payload, heard & _older(WORK, seconds))
    number += _forgotten(connection, _older(DRAFT, seconds))
    return number + llm_ledger.expire(connection, seconds)


def erase(connection: Connection, conversation_ids: Collection[int]) -> int:
    """All words about these conversations, at once, also of a draft whose outcome is open."""
    here = DRAFT.c.conversation_id.in_(conversation_ids)
    keys = connection.execute(select(DRAFT.c.llm_key).where(here, DRAFT.c.llm_key != ""))
    number = llm_ledger.forget(connection, keys.scalars().all())
    number += _forgotten(connection, here)
    named = [f"{kind}:{one}" for one in conversation_ids for kind in ("conv", "arrival")]
    theirs = WORK.c.resource.in_(named) & (WORK.c.event == ConversationClassified.name)
    while some := without_words(connection, WORK, WORK.c.payload, theirs):
        number += some
    return number


def _older(table: Table, seconds: float) -> ColumnElement[bool]:
    return table.c.ended_at < csm_now() - seconds


def _forgotten(connection: Connection, which: ColumnElement[bool]) -> int:
    said = (DRAFT.c.text != "") | (DRAFT.c.sent_text != "") | (DRAFT.c.note != "")
    nothing = {"text": "", "sent_text": "", "note": ""}
    return connection.execute(update(DRAFT).where(which, said).values(nothing)).rowcount


_TOLD = (
    DRAFT.c.basis_thread_id, DRAFT.c.conversation_id, DRAFT.c.thread_id, DRAFT.c.state,
    DRAFT.c.source, DRAFT.c.language, DRAFT.c.sent_language, DRAFT.c.distance, DRAFT.c.reason,
    DRAFT.c.begun_at, DRAFT.c.ended_at,
)  # fmt: skip


def drafts_of(connection: Connection, conversation_id: int) -> list[dict[str, object]]:
    """The drafts of a conversation with their outcomes, without their words, oldest first."""
    here = select(*_TOLD).where(DRAFT.c.conversation_id == conversation_id)
    rows = connection.execute(here.order_by(DRAFT.c.begun_at))
    return [dict(row) for row in rows.mappings()]


def listed(connection: Connection, *, texts: bool, before: float | None) -> list[dict[str, object]]:
    """The newest drafts with their outcome, begun `before` (epoch seconds); one page."""
    words = (DRAFT.c.text, DRAFT.c.sent_text) if texts else ()
    newest = select(*_TOLD, *words).order_by(DRAFT.c.begun_at.desc())
    if before is not None:
        newest = newest.where(DRAFT.c.begun_at < before)
    # Texts are longer: the answer must fit into one message of NATS.
    page = newest.limit(20 if texts else 200)
    rows = [dict(row) for row in connection.execute(page).mappings()]
    return [row | _judged(connection, row["basis_thread_id"]) for row in rows] if texts else rows


def _judged(connection: Connection, thread_id: int) -> dict[str, object]:
    """What an evaluation needs of the verdict, as far as there was one."""
    verdict = verdict_on(connection, thread_id)
    if verdict is None:
        return {}
    return {"category": verdict.category, "importance": verdict.importance}
