"""The operating verbs of gmail_ingest: what `csm status|list|show|replay|audit|...` ask for."""

from sqlalchemy import Connection, select

from csm import self_test as tests
from csm.admin import AdminError, Json, Verb
from csm.db import Database
from csm.dependency import Prober
from csm.freescout import FreeScout, FreeScoutRejectedError, FreeScoutUnavailableError
from csm.operations import RowOperations
from csm.self_test import Finding, SelfTestRun
from csm.watch import DurableWatch
from gmail_ingest.auditor import Auditor
from gmail_ingest.settings import Settings
from gmail_ingest.state import MESSAGE


class Operations(RowOperations):
    """Beside the verbs of every service: the self-test and the audit."""

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
