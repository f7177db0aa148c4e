"""What a service says over HTTP of its own life: liveness, readiness, status, metrics.

Liveness asks nobody else, so that an outage never restarts a service. Readiness fails only for what
the service cannot work without; what makes mail wait is `degraded`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from csm import dependency, effects, metrics, migrations, outbox, streams, work
from csm.admin import READING, AdminError, Json, Verb
from csm.bus import Broker, DurableWatch
from csm.db import Database, DatabaseUnavailableError, Step, csm_now
from csm.effects import EFFECT
from csm.logs import get_logger
from csm.metrics import Figures
from csm.ticks import Tick
from csm.timing import Timing

# Seconds that a probe may wait for the database or NATS' monitoring; Kubernetes waits 1 s or more.
_PATIENCE = 2.0
# Seconds between two measurements of the event loop, and how many of them are remembered.
_PULSE = 1.0
_PULSES = 60

_log = get_logger("health")


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is asked of a service; `refusals` are its own reasons why it must not work yet."""

    service: str
    db: Database
    broker: Broker
    watch: DurableWatch
    timing: Timing
    ticks: Sequence[Tick]
    dependencies: frozenset[str]
    refusals: Step[[], list[str]]
    status: Callable[[], Awaitable[Json]]
    nats_monitor: str | None = None


class Health:
    """The endpoints over the vitals of one service."""

    def __init__(self, vitals: Vitals) -> None:
        """Asks nothing yet."""
        self._vitals = vitals
        self._schema = migrations.newest(vitals.service)
        self._delays: deque[float] = deque(maxlen=_PULSES)
        self._reading: Mapping[str, Verb] = {}

    def app(self) -> Starlette:
        """`/health` is the path that the predecessor had."""
        endpoints = {
            "/livez": self.live,
            "/health": self.live,
            "/readyz": self.ready,
            "/status": self.status,
            "/metrics": self.metrics,
            "/admin/{verb}": self.read,
        }
        return Starlette(routes=[Route(path, endpoint) for path, endpoint in endpoints.items()])

    async def live(self, _request: Request) -> Response:
        """200, or 500 when a loop hangs and only a restart can help."""
        hanging = [
            tick.loop for tick in self._vitals.ticks if tick.hangs(self._vitals.timing.scale)
        ]
        if hanging:
            _log.error("a loop hangs", loops=hanging)
            return JSONResponse({"status": "hangs", "loops": hanging}, 500)
        return JSONResponse({"status": "alive"})

    async def ready(self, _request: Request) -> Response:
        """200 with what makes mail wait, or 503 with the reasons."""
        reasons = list(self._bus_reasons())
        degraded: list[Json] = []
        try:
            async with asyncio.timeout(_PATIENCE):
                down, refused = await self._vitals.db.run(self._look)
        except (DatabaseUnavailableError, TimeoutError) as error:
            reasons.append(f"the database does not answer: {type(error).__name__}")
        else:
            reasons += refused
            degraded = [{"name": d.name, "reason": d.reason, "since": d.since} for d in down]
        degraded += [{"name": "durable", "reason": line} for line in self._vitals.watch.drift]
        if reasons:
            return JSONResponse({"reasons": reasons, "degraded": degraded}, 503)
        return JSONResponse({"degraded": degraded})

    def _look(self, connection: Connection) -> tuple[list[dependency.Down], list[str]]:
        have = migrations.revision(connection)
        if have != self._schema:
            return [], [f"schema is {have or 'empty'}, needs {self._schema}: run `csm provision`"]
        return dependency.all_down(connection), self._vitals.refusals(connection)

    def _bus_reasons(self) -> Iterator[str]:
        if self._vitals.broker.stopping:
            yield "stopping"
        elif not self._vitals.broker.online.is_set():
            yield "NATS is not connected"
        elif self._vitals.watch.reason:
            yield self._vitals.watch.reason

    async def status(self, _request: Request) -> Response:
        """The answer of the operating verb `status`, for when NATS is silent."""
        try:
            return JSONResponse(await self._vitals.status())
        except DatabaseUnavailableError as error:
            return JSONResponse({"error": str(error)}, 503)

    def answers(self, verbs: Mapping[str, Verb]) -> None:
        """From now on the reading ones of these verbs are answered over HTTP too."""
        self._reading = {name: verb for name, verb in verbs.items() if name in READING}

    async def read(self, request: Request) -> Response:
        """A reading verb, its arguments as the query; for when NATS is silent."""
        verb = self._reading.get(request.path_params["verb"])
        if verb is None:
            return JSONResponse({"error": f"known are: {', '.join(self._reading)}"}, 404)
        asked = request.query_params
        arguments = dict(asked) | {"states": asked.getlist("states")}
        try:
            return JSONResponse({"result": await verb(arguments)})
        except AdminError as error:
            return JSONResponse({"error": str(error)}, 404)
        except (DatabaseUnavailableError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 503)

    async def metrics(self, _request: Request) -> Response:
        """Prometheus' text; what cannot be read at this moment is shown as unknown."""
        try:
            async with asyncio.timeout(_PATIENCE):
                known = await self._vitals.db.run(figures)
        except (DatabaseUnavailableError, TimeoutError):
            metrics.hide()
        else:
            metrics.show(known, self._vitals.dependencies)
        for tick in self._vitals.ticks:
            metrics.LOOP_AGE.labels(tick.loop).set(tick.age or 0.0)
        metrics.BUS_READY.set(int(not list(self._bus_reasons())))
        metrics.EVENT_LOOP_DELAY.set(max(self._delays, default=0.0))
        metrics.NATS_FSYNC_ALWAYS.set(await self._fsync())
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    async def _fsync(self) -> int:
        if self._vitals.nats_monitor is None:
            return -1
        known = await streams.acknowledges_after_fsync(self._vitals.nats_monitor, _PATIENCE)
        return -1 if known is None else int(known)

    async def measure(self) -> None:
        """Remember how late the event loop is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _PULSE
            await asyncio.sleep(_PULSE)
            self._delays.append(max(loop.time() - due, 0.0))


def figures(connection: Connection) -> Figures:
    """What the metrics show of the database, in one step."""
    waiting, oldest_waiting = outbox.backlog(connection)
    now = connection.execute(select(csm_now())).scalar_one()
    sent = select(func.min(EFFECT.c.sent_at)).where(EFFECT.c.state == "intent")
    oldest_write = connection.execute(sent).scalar_one()
    down = dependency.all_down(connection)
    return Figures(
        states=work.counts(connection),
        oldest_open=work.oldest_open(connection) or 0.0,
        quarantined=effects.unresolved(connection),
        outbox=waiting,
        outbox_oldest=oldest_waiting,
        quarantine_oldest=0.0 if oldest_write is None else now - oldest_write,
        down={one.name: now - one.since for one in down},
        misconfigured=frozenset(one.name for one in down if one.configuration),
    )
