"""The operating verbs of gmail_ingest: what `csm status|list|show|replay|audit|...` ask for."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, or_, select

from csm import repairs, work
from csm import self_test as tests
from csm.admin import AdminError, Json, Verb
from csm.db import Database
from csm.dependency import Prober
from csm.freescout import FreeScout, FreeScoutRejectedError, FreeScoutUnavailableError
from csm.operations import RowOperations, reason_of
from csm.self_test import Finding, SelfTestRun
from csm.watch import DurableWatch
from csm.work import WORK
from gmail_ingest import state
from gmail_ingest.auditor import Auditor
from gmail_ingest.predecessor import WRITTEN
from gmail_ingest.settings import Settings
from gmail_ingest.state import MAPPED, MESSAGE, THREAD


class Operations(RowOperations):
    """Beside the verbs of every service: the self-test, the audit, what the filter kept out."""

    shown_writes = ("create", "append")

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
        super().__init__(db, watch)
        self._freescout = freescout
        self._key = key
        self._settings = settings
        self._prober = prober
        self._auditor = auditor

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return super().verbs() | {
            "audit": self._auditor.audit,
            "release": self.release,
            "self-test": self.self_test,
            "self-test-answer": self.self_test_answer,
        }

    async def status(self, arguments: Json) -> Json:
        """What every service says, the audit, and what the self-test allows.

        `allowed` is the highest write level, null before a self-test.
        """
        answer = await super().status(arguments)
        findings = await self._db.run(tests.stored, self._settings.freescout.url)
        answer["allowed"] = None if findings is None else tests.allowed_level(findings)
        answer["audit"] = await self._auditor.status()
        return answer

    def story(self, connection: Connection, work_id: str) -> Json:
        """The row, its writes, and what the journal has of the mail."""
        journal = connection.execute(select(MESSAGE).where(MESSAGE.c.work_id == work_id))
        rows = [dict(found) for found in journal.mappings()]
        return super().story(connection, work_id) | {"journal": rows}

    def of_conversation(self, number: int) -> ColumnElement[bool]:
        """Also mails that are not written yet, by the Gmail thread that goes there."""
        mapped = select(MESSAGE.c.work_id).select_from(MESSAGE.join(THREAD, MAPPED))
        there = mapped.where(THREAD.c.conversation_id == number)
        return or_(super().of_conversation(number), WORK.c.id.in_(there))

    def conversations(self, connection: Connection, work_ids: Sequence[str]) -> set[int]:
        """Where the mails' Gmail threads go."""
        mapped = select(THREAD.c.conversation_id).select_from(MESSAGE.join(THREAD, MAPPED))
        found = connection.execute(mapped.where(MESSAGE.c.work_id.in_(work_ids))).scalars()
        return super().conversations(connection, work_ids) | set(found)

    def chosen(self, connection: Connection, arguments: Json) -> list[str]:
        """Never what the predecessor wrote: without our marker it would be written again."""
        chosen = super().chosen(connection, arguments)
        is_old = select(WORK.c.id).where(WORK.c.id.in_(chosen), WORK.c.reason == WRITTEN)
        old = set(connection.execute(is_old).scalars())
        return [one for one in chosen if one not in old]

    async def release(self, arguments: Json) -> Json:
        """Let a filtered mail pass, whatever the filter says: `id`, `reason`, `dry_run`."""
        reason = reason_of(arguments)
        is_dry = bool(arguments.get("dry_run"))
        ids = await self._db.run(self._released, arguments, reason, is_dry=is_dry)
        return {"number": len(ids), "rows": ids, "dry_run": is_dry}

    def _released(
        self, connection: Connection, arguments: Json, reason: str, *, is_dry: bool
    ) -> list[str]:
        if not arguments.get("id"):
            raise AdminError("say which mail: an id")
        named = self.chosen(connection, {"id": arguments["id"]})
        filtered = (WORK.c.state == "filtered") & WORK.c.id.in_(named)
        ids = list(connection.execute(select(WORK.c.id).where(filtered)).scalars())
        if not ids:
            raise AdminError(f"no filtered mail is named {arguments['id']!r}")
        if not is_dry:
            state.let_pass(connection, ids)
            for work_id in ids:
                work.reopen(connection, work_id, f"release: {reason}")
            repairs.remember(connection, "release", reason, ids)
        return ids

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
