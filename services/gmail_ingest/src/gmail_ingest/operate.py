"""The operating verbs of gmail_ingest: what `csm status|list|show|replay|audit|...` ask for."""

from sqlalchemy import ColumnElement, Connection, select

from csm import alerts, dependency, outbox, work
from csm import self_test as tests
from csm.admin import AdminError, Json, Verb
from csm.db import Database
from csm.dependency import Prober
from csm.effects import EFFECT
from csm.freescout import FreeScout, FreeScoutRejectedError, FreeScoutUnavailableError
from csm.self_test import Finding, SelfTestRun
from csm.watch import DurableWatch
from csm.work import WORK
from gmail_ingest.auditor import Auditor
from gmail_ingest.settings import Settings
from gmail_ingest.state import MESSAGE

# An answer must fit into one message of NATS, 256 KB in the smallest set-up.
_LIST_LIMIT = 200


class Operations:
    """Reads and repairs through the same rows and the same protocol as the service itself."""

    def __init__(  # noqa: PLR0913 - the composition root hands over every collaborator once
        self,
        db: Database,
        freescout: FreeScout,
        key: bytes,
        settings: Settings,
        prober: Prober,
        watch: DurableWatch,
        *,
        auditor: Auditor,
    ) -> None:
        """Shares the service's own clients."""
        self._db = db
        self._freescout = freescout
        self._key = key
        self._settings = settings
        self._prober = prober
        self._watch = watch
        self._auditor = auditor

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return {
            "status": self.status,
            "list": self.mails,
            "show": self.show,
            "replay": self.replay,
            "audit": self._auditor.audit,
            "self-test": self.self_test,
            "self-test-answer": self.self_test_answer,
        }

    async def status(self, _arguments: Json) -> Json:
        """Counts by state, what is down, how old the oldest open mail is (seconds).

        `allowed` is the highest write level that the self-test allows, null without one.
        """
        answer = await self._db.run(_status)
        answer["durables"] = self._watch.reason or "in place"
        findings = await self._db.run(tests.stored, self._settings.freescout.url)
        answer["allowed"] = None if findings is None else tests.allowed_level(findings)
        answer["audit"] = await self._auditor.status()
        # A dependency may have come back by a mail's own success, in another replica too.
        names = {down["name"] for down in answer["down"]}
        alerts.over_but(("dependency-down", "misconfigured"), names)
        answer["alerts"] = alerts.standing()
        return answer

    async def mails(self, arguments: Json) -> Json:
        """Rows by `states` and `since` (epoch seconds), newest first.

        One page; the next one is `before` the last row's `seq`.
        """
        terms = work.matching(arguments.get("states", ()), arguments.get("since"))
        if arguments.get("before"):
            terms = terms & (WORK.c.seq < int(arguments["before"]))
        return {"mails": await self._db.run(_rows, terms)}

    async def show(self, arguments: Json) -> Json:
        """The whole story of one mail by its Gmail id, work id or conversation id."""
        wanted = str(arguments.get("id", ""))
        stories = await self._db.run(_stories, wanted)
        if not stories:
            raise AdminError(f"nothing is known of {wanted!r}")
        return {"mails": stories}

    async def replay(self, arguments: Json) -> Json:
        """Make ended rows due again; what FreeScout has is found by its marker, never doubled."""
        reason = str(arguments.get("reason", "")).strip()
        if not reason:
            raise AdminError("a replay needs a reason")
        ids = await self._db.run(_replayable, arguments)
        if not arguments.get("dry_run"):
            for work_id in ids:
                await self._db.run(work.reopen, work_id, f"replay: {reason}")
        return {
            "number": len(ids),
            "mails": ids[:_LIST_LIMIT],
            "dry_run": bool(arguments.get("dry_run")),
        }

    async def self_test(self, arguments: Json) -> Json:
        """Run the self-test of one mailbox and store what it found."""
        slug = arguments.get("mailbox") or next(iter(self._settings.mailbox))
        mailbox = self._settings.mailbox.get(slug)
        if mailbox is None:
            raise AdminError(f"no mailbox {slug!r} is configured")
        if mailbox.test_address is None:
            raise AdminError(f"mailbox.{slug}.test_address: is needed for a self-test")
        run = SelfTestRun(self._freescout, self._key, self._settings.freescout.user_id)
        try:
            findings = await run.run(mailbox.freescout_mailbox_id, mailbox.test_address)
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            raise AdminError(str(error)) from error
        return await self._keep(findings)

    async def self_test_answer(self, arguments: Json) -> Json:
        """Store what the operator saw of the test note: yes, no or skip."""
        findings = await self._db.run(tests.stored, self._settings.freescout.url) or []
        seen = tests.about_notification(arguments["notified"])
        return await self._keep([f for f in findings if f.name != seen.name] + [seen])

    async def _keep(self, findings: list[Finding]) -> Json:
        url = self._settings.freescout.url
        await self._db.run(tests.store, url, findings)
        await self._prober.probe_now("self-test")
        return {
            "findings": [
                {"name": f.name, "ok": f.is_ok, "words": f.words, "forbids": f.forbids}
                for f in findings
            ],
            "allowed": tests.allowed_level(findings),
        }


def _status(connection: Connection) -> Json:
    waiting, oldest = outbox.backlog(connection)
    return {
        "states": work.counts(connection),
        "oldest_open_s": work.oldest_open(connection),
        "down": [
            {"name": d.name, "reason": d.reason, "since": d.since}
            for d in dependency.all_down(connection)
        ],
        "outbox": waiting,
        "outbox_oldest_s": oldest,
    }


def _rows(connection: Connection, terms: ColumnElement[bool]) -> list[Json]:
    columns = (
        WORK.c.id, WORK.c.seq, WORK.c.state, WORK.c.reason, WORK.c.attempts, WORK.c.created_at,
        WORK.c.ended_at, WORK.c.waiting_for, EFFECT.c.conversation_id,
    )  # fmt: skip
    effect = (EFFECT.c.work_id == WORK.c.id) & EFFECT.c.kind.in_(("create", "append"))
    found = connection.execute(
        select(*columns)
        .select_from(WORK.outerjoin(EFFECT, effect))
        .where(terms)
        .order_by(WORK.c.seq.desc())
        .limit(_LIST_LIMIT)
    )
    return [dict(row) for row in found.mappings()]


def _stories(connection: Connection, wanted: str) -> list[Json]:
    ids = _ids(connection, wanted)
    return [_story(connection, work_id) for work_id in ids]


def _ids(connection: Connection, wanted: str) -> list[str]:
    if wanted.isdigit():
        by_conversation = select(EFFECT.c.work_id).where(EFFECT.c.conversation_id == int(wanted))
        found = list(connection.execute(by_conversation.distinct()).scalars())
        if found:
            return found
    return list(
        connection.execute(select(WORK.c.id).where(work.matching(work_id=wanted))).scalars()
    )


def _story(connection: Connection, work_id: str) -> Json:
    row = connection.execute(select(WORK).where(WORK.c.id == work_id)).mappings().one()
    journal = connection.execute(select(MESSAGE).where(MESSAGE.c.work_id == work_id))
    writes = connection.execute(select(EFFECT).where(EFFECT.c.work_id == work_id))
    return {
        "work": dict(row),
        "journal": [dict(found) for found in journal.mappings()],
        "effects": [dict(found) for found in writes.mappings()],
    }


def _replayable(connection: Connection, arguments: Json) -> list[str]:
    states = arguments.get("states", ())
    if not arguments.get("id") and not states and arguments.get("since") is None:
        raise AdminError("say what to replay: an id, --state or --since")
    if arguments.get("id"):
        return _ids(connection, str(arguments["id"]))
    terms = work.matching(states, arguments.get("since"))
    ended = terms & WORK.c.state.in_(work.TERMINAL)
    return list(connection.execute(select(WORK.c.id).where(ended).order_by(WORK.c.seq)).scalars())
