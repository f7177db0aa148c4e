"""The operating verbs that every service has: status, list, show, replay.

Repairs go through the same rows and the same protocol as the service's own work, so that doing one
twice changes nothing; each needs a reason and leaves an audit row.
"""

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from csm import alerts, dependency, outbox, repairs, work
from csm.admin import AdminError, Json, Verb
from csm.db import Database
from csm.effects import EFFECT
from csm.watch import DurableWatch
from csm.work import WORK

# An answer must fit into one message of NATS, 256 KB in the smallest set-up.
LIST_LIMIT = 200
# Stories in one answer; a conversation with more mails is told from its newest.
_STORIES = 40


class RowOperations:
    """Reads and repairs through the rows of a service."""

    # The writes whose conversation a row of the list names.
    shown_writes: ClassVar[tuple[str, ...]] = ("create", "append", "note", "draft")

    def __init__(self, db: Database, watch: DurableWatch) -> None:
        """Shares the service's own database."""
        self._db = db
        self._watch = watch

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return {**self.reading(), "replay": self.replay, "figures": self.figures}

    def reading(self) -> dict[str, Verb]:
        """Those that change nothing: they are answered over HTTP too, for when NATS is silent."""
        return {"status": self.status, "list": self.listed, "show": self.show}

    async def status(self, _arguments: Json) -> Json:
        """Counts by state, what is down, how old the oldest open work is (seconds)."""
        answer = await self._db.run(row_status)
        answer["durables"] = self._watch.reason or "in place"
        # A dependency may have come back by a row's own success, in another replica too.
        names = {down["name"] for down in answer["down"]}
        alerts.over_but(("dependency-down", "misconfigured"), names)
        answer["alerts"] = alerts.standing()
        return answer

    async def figures(self, arguments: Json) -> Json:
        """What became of the work that came `since` (epoch seconds), for the daily summary."""
        return await self._db.run(row_figures, float(arguments["since"]))

    async def listed(self, arguments: Json) -> Json:
        """Rows by `states` and `since` (epoch seconds), newest first.

        One page; the next one is `before` the last row's `seq`.
        """
        terms = work.matching(arguments.get("states", ()), since_of(arguments))
        if arguments.get("before"):
            terms = terms & (WORK.c.seq < int(arguments["before"]))
        return {"rows": await self._db.run(_rows, terms, self.shown_writes)}

    async def show(self, arguments: Json) -> Json:
        """All that is known of a conversation by its number, of a thread, or of a piece of work.

        `rows` are the stories, newest work last; `conversations` the numbers they belong to;
        `is_conversation` tells whether the number was one.
        """
        wanted = str(arguments.get("id", ""))
        answer = await self._db.run(self._told, wanted)
        if not answer["rows"] and not answer["about"]:
            raise AdminError(f"nothing is known of {wanted!r}")
        return answer

    async def replay(self, arguments: Json) -> Json:
        """Make ended rows due again; what FreeScout has is found by its marker, never doubled.

        By `id` (as for show), or by `states` and `since`; `reason` is kept. `dry_run` changes
        nothing.
        """
        reason = reason_of(arguments)
        is_dry = bool(arguments.get("dry_run"))
        ids = await self._db.run(self._replayed, arguments, reason, is_dry=is_dry)
        return {"number": len(ids), "rows": ids[:LIST_LIMIT], "dry_run": is_dry}

    # --- what a service adds

    def story(self, connection: Connection, work_id: str) -> Json:
        """The row, its writes and its repairs; a service adds what it knows beside them."""
        row = connection.execute(select(WORK).where(WORK.c.id == work_id)).mappings().one()
        writes = connection.execute(select(EFFECT).where(EFFECT.c.work_id == work_id))
        return {
            "work": dict(row),
            "effects": [dict(found) for found in writes.mappings()],
            "repairs": repairs.of(connection, work_id),
        }

    def of_conversation(self, number: int) -> ColumnElement[bool]:
        """The work rows of a conversation."""
        written = select(EFFECT.c.work_id).where(EFFECT.c.conversation_id == number)
        resources = (f"conv:{number}", f"draft:{number}")
        return or_(WORK.c.id.in_(written), WORK.c.resource.in_(resources))

    def about(self, _connection: Connection, _conversation: int) -> Json:
        """What is known of a conversation beside its rows; empty for nothing."""
        return {}

    def conversations(self, connection: Connection, work_ids: Sequence[str]) -> set[int]:
        """The conversations that these rows belong to, as far as they have one."""
        written = select(EFFECT.c.conversation_id).where(EFFECT.c.work_id.in_(work_ids))
        resources = select(WORK.c.resource).where(WORK.c.id.in_(work_ids))
        names = [name.split(":") for name in connection.execute(resources).scalars()]
        meant = {int(parts[1]) for parts in names if parts[0] in ("conv", "draft", "judge")}
        return meant | {one for one in connection.execute(written).scalars() if one}

    def chosen(self, connection: Connection, arguments: Json) -> list[str]:
        """The rows that a replay concerns: of `id`, a Gmail `thread`, or by `states` and `since`.

        Rows of the thread's conversation that other mails made are not among them.
        """
        states, since = arguments.get("states", ()), since_of(arguments)
        ended = WORK.c.state.in_(work.TERMINAL)
        if arguments.get("thread"):
            thread = WORK.c.resource.endswith(f":{arguments['thread']}", autoescape=True)
            return _ids(connection, ended & thread)
        if arguments.get("id"):
            meant, _ = self._meant(connection, str(arguments["id"]))
            return _ids(connection, ended & WORK.c.id.in_(meant))
        if not states and since is None:
            raise AdminError("say what to replay: an id, --state or --since")
        return _ids(connection, ended & work.matching(states, since))

    def reopen(
        self,
        connection: Connection,
        arguments: Json,  # noqa: ARG002 - a service may need them
        ids: Sequence[str],
        reason: str,
    ) -> list[str]:
        """Make these rows due again; the ids of those that were not before."""
        reopened = [one for one in ids if work.reopen(connection, one, f"replay: {reason}")]
        # What FreeScout refused before it may take now: the count towards stub and parking is new.
        forgiven = update(EFFECT).where(EFFECT.c.work_id.in_(reopened), EFFECT.c.refusals > 0)
        connection.execute(forgiven.values(refusals=0))
        return reopened

    # --- steps

    def _told(self, connection: Connection, wanted: str) -> Json:
        ids, is_conversation = self._meant(connection, wanted)
        numbers = self.conversations(connection, ids)
        if wanted.isdigit() and (is_conversation or self.about(connection, int(wanted))):
            numbers, is_conversation = numbers | {int(wanted)}, True
        stories = [self.story(connection, work_id) for work_id in ids[-_STORIES:]]
        about = {str(n): known for n in sorted(numbers) if (known := self.about(connection, n))}
        return {
            "rows": stories, "about": about, "conversations": sorted(numbers),
            "is_conversation": is_conversation, "left_off": max(len(ids) - _STORIES, 0),
        }  # fmt: skip

    def _meant(self, connection: Connection, wanted: str) -> tuple[list[str], bool]:
        """The rows that an operator's word names, oldest first; whether it is a conversation."""
        if wanted.isdigit() and len(wanted) < _GMAIL_DIGITS:
            number = int(wanted)
            if found := _ids(connection, self.of_conversation(number)):
                return found, True
            written = select(EFFECT.c.work_id).where(EFFECT.c.thread_id == number)
            # The last number of a verdict's key only counts verdicts.
            named = work.matching(work_id=wanted) & (WORK.c.event != "conversation.classified")
            return _ids(connection, or_(WORK.c.id.in_(written), named)), False
        return _ids(connection, work.matching(work_id=wanted)), False

    def _replayed(
        self, connection: Connection, arguments: Json, reason: str, *, is_dry: bool
    ) -> list[str]:
        ids = self.chosen(connection, arguments)
        if is_dry:
            return ids
        reopened = self.reopen(connection, arguments, ids, reason)
        repairs.remember(connection, "replay", reason, reopened)
        return reopened


# Gmail's ids are 16 hexadecimal digits, which may all be decimal ones; no conversation has so many.
_GMAIL_DIGITS = 14


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


def reason_of(arguments: Json) -> str:
    """Why an operator does it; raises AdminError when that is not said."""
    reason = str(arguments.get("reason", "")).strip()
    if not reason:
        raise AdminError("a reason is needed: it is kept with what was done")
    return reason


def since_of(arguments: Json) -> float | None:
    """Epoch seconds; over HTTP all arguments are texts."""
    since = arguments.get("since")
    return None if since in (None, "") else float(since)


def row_figures(connection: Connection, since: float) -> Json:
    """Rows that came since then by state, the filtered ones by reason; the oldest open one."""
    came = WORK.c.created_at >= since
    number = func.count().label("number")
    by_state = select(WORK.c.state, number).where(came).group_by(WORK.c.state)
    is_filtered = came & (WORK.c.state == "filtered")
    by_reason = select(WORK.c.reason, number).where(is_filtered).group_by(WORK.c.reason)
    return {
        "states": {row.state: row.number for row in connection.execute(by_state)},
        "filtered": {row.reason or "": row.number for row in connection.execute(by_reason)},
        "oldest_open_s": work.oldest_open(connection),
    }


def _rows(connection: Connection, terms: ColumnElement[bool], kinds: tuple[str, ...]) -> list[Json]:
    columns = (
        WORK.c.id, WORK.c.seq, WORK.c.state, WORK.c.reason, WORK.c.attempts, WORK.c.created_at,
        WORK.c.ended_at, WORK.c.waiting_for, WORK.c.resource, EFFECT.c.conversation_id,
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


def _ids(connection: Connection, terms: ColumnElement[bool]) -> list[str]:
    return list(connection.execute(select(WORK.c.id).where(terms).order_by(WORK.c.seq)).scalars())
