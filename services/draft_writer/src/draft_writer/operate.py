"""The operating verbs of draft_writer: what `csm status` and `csm self-test` ask for."""

from sqlalchemy import Connection

from csm import alerts, dependency, outbox, work
from csm import self_test as tests
from csm.admin import Json, Verb
from csm.db import Database
from csm.dependency import Prober
from csm.self_test import Finding
from csm.watch import DurableWatch


class Operations:
    """Reads and repairs through the same rows as the service itself."""

    def __init__(self, db: Database, url: str, prober: Prober, watch: DurableWatch) -> None:
        """`url` is FreeScout's."""
        self._db = db
        self._url = url
        self._prober = prober
        self._watch = watch

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return {"status": self.status, "self-test-keep": self.keep_self_test}

    async def status(self, _arguments: Json) -> Json:
        """Counts by state, what is down, how old the oldest open verdict is (seconds)."""
        answer = await self._db.run(_status)
        answer["durables"] = self._watch.reason or "in place"
        findings = await self._db.run(tests.stored, self._url)
        answer["allowed"] = None if findings is None else tests.allowed_level(findings)
        answer["alerts"] = alerts.standing()
        return answer

    async def keep_self_test(self, arguments: Json) -> Json:
        """Store what a self-test found: each service that writes has its own copy."""
        findings = [Finding(**finding) for finding in arguments["findings"]]
        await self._db.run(tests.store, self._url, findings)
        await self._prober.probe_now("self-test")
        return {"allowed": tests.allowed_level(findings)}


def _status(connection: Connection) -> Json:
    waiting, oldest = outbox.backlog(connection)
    down = dependency.all_down(connection)
    return {
        "states": work.counts(connection),
        "oldest_open_s": work.oldest_open(connection),
        "down": [{"name": d.name, "reason": d.reason, "since": d.since} for d in down],
        "outbox": waiting,
        "outbox_oldest_s": oldest,
    }
