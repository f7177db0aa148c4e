"""Weakened copies of what judges, notes and drafts: the simulation must find each broken."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from classifier import state as verdicts
from csm import effects
from draft_writer import desk, draft_state, drafting, study
from draft_writer.decision import Decision, OwnRecord
from webhook_gateway.poll import Sweeper


def _without_intent(kind: str) -> Any:
    """A write of this kind is sent without a word before it."""

    def commit(connection: Connection, lease: Any, write: effects.Write, *rest: Any) -> Any:
        if write.kind == kind:
            return True
        return _commit_intent(connection, lease, write, *rest)

    return commit


def _only_ours(_current: Collection[str], _record: Any, wanted: frozenset[str]) -> frozenset[str]:
    """The bot's tags replace everybody's."""
    return wanted


async def _creates(_self: object, _job: object, _record: object) -> Decision:
    """A draft is written whatever is there."""
    return Decision("create", "always")


async def _no_sweep(*_args: Any) -> int:
    return 0


def _wanted(*_args: Any) -> str:
    return "wanted"


def _forgets(_connection: Connection, basis: int, _ids: Collection[int]) -> OwnRecord:
    return OwnRecord(basis)


def _no_draft_effect(connection: Connection, effect_id: str) -> Any:
    return None if effect_id.startswith("draft:") else _open_intent(connection, effect_id)


def _nothing(*_args: Any) -> None:
    return None


def _never(*_args: Any, **_options: Any) -> bool:
    return False


_commit_intent = effects.commit_intent
_open_intent = effects.open_intent

BOT_VARIANTS: Mapping[str, tuple[tuple[object, str, object], ...]] = {
    "note without intent": ((effects, "commit_intent", _without_intent("note")),),
    "verdict told, not stored": ((verdicts, "_insert", _nothing),),
    "verdict stored, not told again": ((verdicts, "tell_again", _never),),
    "no sweep": ((Sweeper, "_sweep", _no_sweep),),
    "tags replace tags": ((desk, "new_tags", _only_ours),),
    "draft without a look": ((drafting.Drafter, "_decided", _creates),),
    "discarded drafts are forgotten": (
        (draft_state, "accept", _wanted), (draft_state, "record_of", _forgets),
        (effects, "open_intent", _no_draft_effect), (drafting, "open_intent", _no_draft_effect),
        (study, "open_intent", _no_draft_effect),
    ),
}  # fmt: skip
