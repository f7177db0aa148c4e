"""The operating verbs of the classifier: status, verdicts and their story, judging again."""

import json
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, select

from classifier import state
from classifier.settings import Settings
from classifier.state import SEEN, VERDICT, WATERMARK
from csm import alerts, dependency, llm_ledger, outbox, work
from csm.admin import AdminError, Json, Verb
from csm.contracts import ConversationUpdated
from csm.db import Database
from csm.operations import chosen_conversations
from csm.watch import DurableWatch
from csm.work import WORK

# An answer must fit into one message of NATS, 256 KB in the smallest set-up.
_LIST_LIMIT = 100


class Operations:
    """Reads and repairs through the same rows as the service itself."""

    def __init__(self, db: Database, settings: Settings, watch: DurableWatch) -> None:
        """Shares the service's own database."""
        self._db = db
        self._settings = settings
        self._watch = watch

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return {
            "status": self.status,
            "list": self.verdicts,
            "show": self.show,
            "replay": self.replay,
            "judge-since": self.judge_since,
            "erase": self.erase,
        }

    async def status(self, _arguments: Json) -> Json:
        """Verdicts by state, what waits and for what, who judges, what was spent this month."""
        answer = await self._db.run(_status)
        answer["durables"] = self._watch.reason or "in place"
        answer["model"] = self._settings.model or "none: the rules judge"
        names = {down["name"] for down in answer["down"]}
        alerts.over_but(("dependency-down", "misconfigured"), names)
        answer["alerts"] = alerts.standing()
        return answer

    async def verdicts(self, arguments: Json) -> Json:
        """Verdicts by `states` and `since` (epoch seconds), newest first.

        One page; the next one is `before` the last row's `created_at`.
        """
        return {"verdicts": await self._db.run(_rows, _chosen(arguments))}

    async def show(self, arguments: Json) -> Json:
        """All that is known of one conversation or customer thread by its id."""
        wanted = str(arguments.get("id", ""))
        story = await self._db.run(_story, int(wanted)) if wanted.isdigit() else {}
        if not any(story.values()):
            raise AdminError(f"nothing is known of {wanted!r}")
        return story

    async def replay(self, arguments: Json) -> Json:
        """Judge again what was a dry run or parked: an id, or `states` and `since`.

        A final verdict stays: it may have been paid for, written down and answered.
        """
        reason = str(arguments.get("reason", "")).strip()
        if not reason:
            raise AdminError("a replay needs a reason")
        if not (arguments.get("id") or arguments.get("states") or arguments.get("since")):
            raise AdminError("say what to replay: an id, --state or --since")
        is_dry = bool(arguments.get("dry_run"))
        found = await self._db.run(_replayed, _chosen(arguments), reason, is_dry=is_dry)
        return {"number": len(found), "conversations": found[:_LIST_LIMIT], "dry_run": is_dry}

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


def _status(connection: Connection) -> Json:
    waiting, oldest = outbox.backlog(connection)
    by_state = select(VERDICT.c.state, func.count().label("number")).group_by(VERDICT.c.state)
    month = llm_ledger.today(connection).replace(day=1).date().isoformat()
    spent = llm_ledger.spending(connection, month)
    return {
        "verdicts": {row.state: row.number for row in connection.execute(by_state)},
        "states": work.counts(connection),
        "oldest_open_s": work.oldest_open(connection),
        "waiting": _waiting(connection),
        "watermarks": [dict(r) for r in connection.execute(select(WATERMARK)).mappings()],
        "calls_this_month": sum(row.calls for row in spent),
        "usd_this_month": sum(row.cost for row in spent) / 1e9,
        "down": [
            {"name": d.name, "reason": d.reason, "since": d.since}
            for d in dependency.all_down(connection)
        ],
        "outbox": waiting,
        "outbox_oldest_s": oldest,
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
    if arguments.get("since") is not None:
        terms.append(VERDICT.c.created_at >= arguments["since"])
    if arguments.get("before") is not None:
        terms.append(VERDICT.c.created_at < arguments["before"])
    if arguments.get("id"):
        terms.append(_named(int(arguments["id"])))
    return and_(*terms)


def _named(number: int) -> ColumnElement[bool]:
    return (VERDICT.c.conversation_id == number) | (VERDICT.c.thread_id == number)


def _rows(connection: Connection, terms: ColumnElement[bool]) -> list[Json]:
    newest = (VERDICT.c.created_at.desc(), VERDICT.c.thread_id.desc(), VERDICT.c.seq.desc())
    found = connection.execute(select(VERDICT).where(terms).order_by(*newest).limit(_LIST_LIMIT))
    return [_shown(row) for row in found.mappings()]


def _shown(row: RowMapping) -> Json:
    """A row with its event's fields in place of the JSON."""
    told = json.loads(str(row["event"])) if row["event"] else None
    return {**{str(key): value for key, value in row.items() if key != "event"}, "told": told}


def _story(connection: Connection, number: int) -> Json:
    seen = connection.execute(select(SEEN).where(SEEN.c.conversation_id == number))
    rows = connection.execute(select(WORK).where(WORK.c.resource.like(f"judge:{number}:%")))
    return {
        "verdicts": _rows(connection, _named(number)),
        "not_judged": [dict(row) for row in seen.mappings()],
        "work": [dict(row) for row in rows.mappings()],
    }


def _replayed(
    connection: Connection, terms: ColumnElement[bool], reason: str, *, is_dry: bool
) -> list[int]:
    """Conversations whose dry-run verdicts are forgotten and owed anew; the ids, oldest first."""
    dry = and_(terms, VERDICT.c.state == "dry-run")
    rows = connection.execute(select(VERDICT).where(dry).order_by(VERDICT.c.created_at)).all()
    for row in [] if is_dry else rows:
        mine = (VERDICT.c.thread_id == row.thread_id) | (VERDICT.c.covered_by == row.thread_id)
        connection.execute(delete(VERDICT).where(mine))
        hint = ConversationUpdated(
            conversation_id=row.conversation_id, customer_thread_id=row.thread_id, cause="sweep"
        )
        state.owe_again(connection, hint, f"replay: {reason}")
    return list(dict.fromkeys(row.conversation_id for row in rows))
