"""The operating verbs that every service with owed work has: status, list, show, replay."""

from typing import ClassVar

from sqlalchemy import ColumnElement, Connection, select

from csm import alerts, dependency, outbox, work
from csm.admin import AdminError, Json, Verb
from csm.db import Database
from csm.effects import EFFECT
from csm.watch import DurableWatch
from csm.work import WORK

# An answer must fit into one message of NATS, 256 KB in the smallest set-up.
LIST_LIMIT = 200


class RowOperations:
    """Reads and repairs through the same rows and the same protocol as the service itself."""

    # The writes whose conversation a row of the list names.
    shown_writes: ClassVar[tuple[str, ...]] = ("create", "append", "note", "draft")

    def __init__(self, db: Database, watch: DurableWatch) -> None:
        """Shares the service's own database."""
        self._db = db
        self._watch = watch

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return {
            "status": self.status,
            "list": self.listed,
            "show": self.show,
            "replay": self.replay,
        }

    async def status(self, _arguments: Json) -> Json:
        """Counts by state, what is down, how old the oldest open work is (seconds)."""
        answer = await self._db.run(row_status)
        answer["durables"] = self._watch.reason or "in place"
        # A dependency may have come back by a row's own success, in another replica too.
        names = {down["name"] for down in answer["down"]}
        alerts.over_but(("dependency-down", "misconfigured"), names)
        answer["alerts"] = alerts.standing()
        return answer

    async def listed(self, arguments: Json) -> Json:
        """Rows by `states` and `since` (epoch seconds), newest first.

        One page; the next one is `before` the last row's `seq`.
        """
        terms = work.matching(arguments.get("states", ()), arguments.get("since"))
        if arguments.get("before"):
            terms = terms & (WORK.c.seq < int(arguments["before"]))
        return {"rows": await self._db.run(_rows, terms, self.shown_writes)}

    async def show(self, arguments: Json) -> Json:
        """The whole story of one piece of work by its id, or of a conversation by its number."""
        wanted = str(arguments.get("id", ""))
        stories = await self._db.run(self._stories, wanted)
        if not stories:
            raise AdminError(f"nothing is known of {wanted!r}")
        return {"rows": stories}

    async def replay(self, arguments: Json) -> Json:
        """Make ended rows due again; what FreeScout has is found by its marker, never doubled."""
        reason = str(arguments.get("reason", "")).strip()
        if not reason:
            raise AdminError("a replay needs a reason")
        ids = await self._db.run(_replayable, arguments)
        if not arguments.get("dry_run"):
            for work_id in ids:
                await self._db.run(work.reopen, work_id, f"replay: {reason}")
        is_dry = bool(arguments.get("dry_run"))
        return {"number": len(ids), "rows": ids[:LIST_LIMIT], "dry_run": is_dry}

    def story(self, connection: Connection, work_id: str) -> Json:
        """The row and its writes; a service adds what it knows beside them."""
        row = connection.execute(select(WORK).where(WORK.c.id == work_id)).mappings().one()
        writes = connection.execute(select(EFFECT).where(EFFECT.c.work_id == work_id))
        return {"work": dict(row), "effects": [dict(found) for found in writes.mappings()]}

    def _stories(self, connection: Connection, wanted: str) -> list[Json]:
        return [self.story(connection, work_id) for work_id in _ids(connection, wanted)]


def chosen_conversations(arguments: Json) -> list[int]:
    """The ids in `conversations`; raises AdminError for anything else."""
    given = arguments.get("conversations")
    if not isinstance(given, list) or not all(isinstance(one, int) and one > 0 for one in given):
        raise AdminError("conversations: must be a list of ids")
    return given


def row_status(connection: Connection) -> Json:
    """What every service says of its rows."""
    waiting, oldest = outbox.backlog(connection)
    down = dependency.all_down(connection)
    return {
        "states": work.counts(connection),
        "oldest_open_s": work.oldest_open(connection),
        "down": [{"name": d.name, "reason": d.reason, "since": d.since} for d in down],
        "outbox": waiting,
        "outbox_oldest_s": oldest,
    }


def _rows(connection: Connection, terms: ColumnElement[bool], kinds: tuple[str, ...]) -> list[Json]:
    columns = (
        WORK.c.id, WORK.c.seq, WORK.c.state, WORK.c.reason, WORK.c.attempts, WORK.c.created_at,
        WORK.c.ended_at, WORK.c.waiting_for, EFFECT.c.conversation_id,
    )  # fmt: skip
    effect = (EFFECT.c.work_id == WORK.c.id) & EFFECT.c.kind.in_(kinds)
    found = connection.execute(
        select(*columns)
        .select_from(WORK.outerjoin(EFFECT, effect))
        .where(terms)
        .order_by(WORK.c.seq.desc())
        .limit(LIST_LIMIT)
    )
    return [dict(row) for row in found.mappings()]


def _ids(connection: Connection, wanted: str) -> list[str]:
    if wanted.isdigit():
        by_conversation = select(EFFECT.c.work_id).where(EFFECT.c.conversation_id == int(wanted))
        found = list(connection.execute(by_conversation.distinct()).scalars())
        if found:
            return found
    return list(
        connection.execute(select(WORK.c.id).where(work.matching(work_id=wanted))).scalars()
    )


def _replayable(connection: Connection, arguments: Json) -> list[str]:
    states = arguments.get("states", ())
    if not arguments.get("id") and not states and arguments.get("since") is None:
        raise AdminError("say what to replay: an id, --state or --since")
    if arguments.get("id"):
        return _ids(connection, str(arguments["id"]))
    terms = work.matching(states, arguments.get("since"))
    ended = terms & WORK.c.state.in_(work.TERMINAL)
    return list(connection.execute(select(WORK.c.id).where(ended).order_by(WORK.c.seq)).scalars())
