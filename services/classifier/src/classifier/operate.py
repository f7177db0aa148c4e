"""The operating verbs of the classifier beside those of every service: verdicts, judging again."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, or_, select

from classifier import state
from classifier.settings import Settings
from classifier.state import SEEN, VERDICT, WATERMARK
from csm import llm_ledger
from csm.admin import AdminError, Json, Verb
from csm.contracts import ConversationUpdated
from csm.db import Database
from csm.operations import RowOperations, chosen_conversations, since_of
from csm.watch import DurableWatch
from csm.work import WORK

# An answer must fit into one message of NATS, 256 KB in the smallest set-up.
_LIST_LIMIT = 100


class Operations(RowOperations):
    """Reads and repairs through the same rows as the service itself."""

    def __init__(self, db: Database, settings: Settings, watch: DurableWatch) -> None:
        """Shares the service's own database."""
        super().__init__(db, watch)
        self._settings = settings

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        own = {"verdicts": self.verdicts, "judge-since": self.judge_since, "erase": self.erase}
        return super().verbs() | own

    async def status(self, arguments: Json) -> Json:
        """Beside the rows: verdicts by state, who judges, what was spent this month."""
        answer = await super().status(arguments) | await self._db.run(_status)
        answer["model"] = self._settings.model or "none: the rules judge"
        return answer

    async def figures(self, arguments: Json) -> Json:
        """What the work and the money of the time `since` (epoch seconds) came to."""
        since = float(arguments["since"])
        spent = await self._db.run(llm_ledger.spent_on_the_day_of, since)
        return await super().figures(arguments) | {"spent_usd": spent}

    async def verdicts(self, arguments: Json) -> Json:
        """Verdicts by `states` and `since` (epoch seconds), newest first.

        One page; the next one is `before` the last row's `created_at`.
        """
        return {"verdicts": await self._db.run(_rows, _chosen(arguments))}

    async def judge_since(self, arguments: Json) -> Json:
        """Move the watermark of one `mailbox` or of all to `since` (epoch seconds).

        What FreeScout has since then is judged when the next sweep names it: `csm reconcile`.
        """
        slug = arguments.get("mailbox")
        if slug is not None and slug not in self._settings.mailbox:
            raise AdminError(f"no mailbox {slug!r} is configured")
        since = arguments.get("since")
        now = await self._db.run(state.now)
        if not isinstance(since, int | float) or not 0 < since <= now:
            raise AdminError("since: a time in the past is needed")
        slugs = [slug] if slug else list(self._settings.mailbox)
        await self._db.run(state.judge_since, slugs, float(since))
        return {"mailboxes": slugs, "since": since}

    async def erase(self, arguments: Json) -> Json:
        """Forget what was said about these `conversations` (ids); verdicts and costs stay."""
        return {"rows": await self._db.run(state.erase, chosen_conversations(arguments))}

    def of_conversation(self, number: int) -> ColumnElement[bool]:
        """Rows are named by their conversation."""
        return WORK.c.resource.startswith(f"judge:{number}:", autoescape=True)

    def about(self, connection: Connection, conversation: int) -> Json:
        """Its verdicts, the newest first; else why nobody judges it."""
        seen = connection.execute(select(SEEN).where(SEEN.c.conversation_id == conversation))
        found = {
            "verdicts": _rows(connection, VERDICT.c.conversation_id == conversation),
            "not_judged": [dict(row) for row in seen.mappings()],
        }
        return found if any(found.values()) else {}

    def chosen(self, connection: Connection, arguments: Json) -> list[str]:
        """Rows, and what was judged without consequences."""
        dry = [_row_id(row) for row in _dry(connection, arguments)]
        return list(dict.fromkeys([*super().chosen(connection, arguments), *dry]))

    def reopen(
        self, connection: Connection, arguments: Json, ids: Sequence[str], reason: str
    ) -> list[str]:
        """A dry run's verdict is forgotten; a final one stays: it may be paid for, written down."""
        forgotten = _forget_dry(connection, _dry(connection, arguments), f"replay: {reason}")
        others = [one for one in ids if one not in forgotten]
        return [*forgotten, *super().reopen(connection, arguments, others, reason)]


def _status(connection: Connection) -> Json:
    by_state = select(VERDICT.c.state, func.count().label("number")).group_by(VERDICT.c.state)
    month = llm_ledger.today(connection).replace(day=1).date().isoformat()
    spent = llm_ledger.spending(connection, month)
    return {
        "verdicts": {row.state: row.number for row in connection.execute(by_state)},
        "waiting": _waiting(connection),
        "watermarks": [dict(r) for r in connection.execute(select(WATERMARK)).mappings()],
        "calls_this_month": sum(row.calls for row in spent),
        "usd_this_month": sum(row.cost for row in spent) / 1e9,
    }


def _waiting(connection: Connection) -> Mapping[str, int]:
    """How many open rows wait for what; `nothing` for those that are only in hand."""
    name = func.coalesce(WORK.c.waiting_for, "nothing").label("name")
    rows = select(name, func.count().label("number")).where(WORK.c.state == "wanted").group_by(name)
    return {row.name: row.number for row in connection.execute(rows)}


def _chosen(arguments: Json) -> ColumnElement[bool]:
    terms: list[ColumnElement[bool]] = [VERDICT.c.thread_id > 0]
    if states := list(arguments.get("states", ())):
        terms.append(VERDICT.c.state.in_(states))
    if (since := since_of(arguments)) is not None:
        terms.append(VERDICT.c.created_at >= since)
    if arguments.get("before") is not None:
        terms.append(VERDICT.c.created_at < arguments["before"])
    if wanted := str(arguments.get("id") or ""):
        terms.append(_named(int(wanted.rpartition(":")[2]) if _is_number(wanted) else 0))
    return and_(*terms)


def _is_number(wanted: str) -> bool:
    """A conversation or thread by its number, or a row of ours by its id."""
    last = wanted.rpartition(":")[2]
    return last.isdigit() and len(last) < 14 and (":" not in wanted or wanted.startswith("judge:"))


def _named(number: int) -> ColumnElement[bool]:
    return or_(VERDICT.c.conversation_id == number, VERDICT.c.thread_id == number)


def _rows(connection: Connection, terms: ColumnElement[bool]) -> list[Json]:
    newest = (VERDICT.c.created_at.desc(), VERDICT.c.thread_id.desc(), VERDICT.c.seq.desc())
    found = connection.execute(select(VERDICT).where(terms).order_by(*newest).limit(_LIST_LIMIT))
    return [_shown(row) for row in found.mappings()]


def _shown(row: RowMapping) -> Json:
    """A row with its event's fields in place of the JSON."""
    told = json.loads(str(row["event"])) if row["event"] else None
    return {**{str(key): value for key, value in row.items() if key != "event"}, "told": told}


def _dry(connection: Connection, arguments: Json) -> list[RowMapping]:
    """Verdicts of a dry run that a replay concerns, oldest first."""
    dry = and_(_chosen(arguments), VERDICT.c.state == "dry-run")
    rows = connection.execute(select(VERDICT).where(dry).order_by(VERDICT.c.created_at))
    return list(rows.mappings())


def _row_id(verdict: RowMapping) -> str:
    return state.row_id(_hint(verdict))


def _hint(verdict: RowMapping) -> ConversationUpdated:
    return ConversationUpdated(
        conversation_id=verdict["conversation_id"],
        customer_thread_id=verdict["thread_id"],
        cause="sweep",
    )


def _forget_dry(connection: Connection, rows: Sequence[RowMapping], reason: str) -> list[str]:
    """Forget these verdicts and owe them anew; the ids of their rows."""
    for row in rows:
        thread = row["thread_id"]
        mine = (VERDICT.c.thread_id == thread) | (VERDICT.c.covered_by == thread)
        connection.execute(delete(VERDICT).where(mine))
        state.owe_again(connection, _hint(row), reason)
    return [_row_id(row) for row in rows]
