"""Steps of two replicas that meet in PostgreSQL: locks decide, nothing is read and then stale.

One transaction stands still at a seam while the other one runs into it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.util import await_only

from csm import dependency, install, migrations, outbox, work
from csm import lease as leases
from csm.contracts import ConversationUpdated, Event, MessageReceived
from csm.db import DatabaseUnavailableError, PostgresDatabase, csm_now
from csm.dependency import DEPENDENCY
from csm.install import InstallKeyError
from csm.lease import Lease
from csm.outbox import DueLoop, Relay
from csm.outcome import Later
from csm.timing import PROFILES
from csm.work import WORK, Owed
from gmail_ingest import state
from gmail_ingest.state import MAILBOX, Notice
from postgres_server import PostgresServer
from waiting import until

pytestmark = pytest.mark.postgres

FAST = PROFILES["fast"]
RESOURCE = "conv:7"


@pytest.fixture(scope="module")
def schema(postgres: PostgresServer) -> str:
    """A database with the schema only; tests work on copies."""
    name = postgres.create()
    asyncio.run(_provision(postgres.url(name)))
    return name


async def _provision(url: str) -> None:
    database = PostgresDatabase(url)
    await database.run(migrations.upgrade, "gmail_ingest")
    await database.close()


@pytest.fixture
async def db(postgres: PostgresServer, schema: str) -> AsyncIterator[PostgresDatabase]:
    """An empty database, as one replica sees it; its steps run on connections of their own."""
    name = postgres.create(schema)
    database = PostgresDatabase(postgres.url(name))
    yield database
    await database.close()
    postgres.drop(name)


class Seam:
    """Where a transaction waits until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = asyncio.Event()
        self._open = asyncio.Event()

    def __call__(self) -> None:
        """Inside a step: wait, with everything locked that is locked by now."""
        self._reached.set()
        await_only(self._open.wait())

    async def reached(self) -> None:
        await asyncio.wait_for(self._reached.wait(), 10)

    def let_go(self) -> None:
        self._open.set()


async def waits_for_a_lock(db: PostgresDatabase) -> None:
    """Return when some transaction waits for another one."""

    async def one_waits() -> bool:
        found = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(await db.run(lambda c: c.execute(text(found)).scalar_one()))

    await until(one_waits)


async def taken(db: PostgresDatabase, owner: str, seconds: float) -> Lease:
    lease = await db.run(leases.acquire, RESOURCE, owner, seconds)
    assert lease is not None
    return lease


async def ran_out(db: PostgresDatabase) -> Lease:
    """A lease whose time is over, and which nobody else took."""
    return await taken(db, "one", -1)


async def test_nobody_takes_a_lease_inside_a_fenced_transaction(db: PostgresDatabase) -> None:
    lease, seam = await ran_out(db), Seam()

    def fenced(connection: Connection) -> bool:
        holds = leases.holds(connection, lease)
        seam()
        return holds

    recording = asyncio.create_task(db.run(fenced))
    await seam.reached()
    taking = asyncio.create_task(db.run(leases.acquire, RESOURCE, "two", 10))
    await waits_for_a_lock(db)
    seam.let_go()
    assert await recording
    second = await taking
    assert second is not None
    assert second.epoch == 2
    assert not await db.run(leases.holds, lease)


async def test_the_fence_waits_for_a_take_over_and_falls(db: PostgresDatabase) -> None:
    lease, seam = await ran_out(db), Seam()

    def take_over(connection: Connection) -> None:
        leases.acquire(connection, RESOURCE, "two", 10)
        seam()

    taking = asyncio.create_task(db.run(take_over))
    await seam.reached()
    recording = asyncio.create_task(db.run(leases.holds, lease))
    await waits_for_a_lock(db)
    seam.let_go()
    await taking
    assert not await recording


async def test_of_many_who_take_a_free_lease_one_gets_it(db: PostgresDatabase) -> None:
    takes = [db.run(leases.acquire, RESOURCE, f"{n}", 10) for n in range(20)]
    found = await asyncio.gather(*takes)
    assert len([lease for lease in found if lease]) == 1


def owed(name: str, resource: str = "") -> Owed:
    return Owed(name, resource or f"thread of {name}", "message.received", "{}", "")


async def test_rows_get_growing_numbers_whoever_journals_them(db: PostgresDatabase) -> None:
    pages = [[owed(f"{page}-{n}") for n in range(5)] for page in range(10)]
    assert await asyncio.gather(*(db.run(work.owe, page) for page in pages)) == [5] * 10
    numbers = await db.run(lambda c: c.execute(select(WORK.c.seq)).scalars().all())
    assert sorted(numbers) == list(range(1, 51))


async def test_the_same_pages_in_opposite_orders_do_not_block_each_other(
    db: PostgresDatabase,
) -> None:
    notices = [Notice(f"m{n}", f"t{n}") for n in range(50)]
    for page in (notices, notices[::-1]):
        new = await asyncio.gather(
            db.run(state.journal, "support", page), db.run(state.journal, "support", page[::-1])
        )
        assert sum(new) in (50, 0)


async def test_a_row_that_waits_for_what_comes_back_meanwhile_is_woken(
    db: PostgresDatabase,
) -> None:
    await db.run(work.owe, [owed("mail")])
    await db.run(dependency.failed, "freescout", "503", at_once=True)
    seam = Seam()

    def record(connection: Connection) -> None:
        dependency.record(connection, "mail", Later(600, "down", "freescout"), 1)
        seam()

    recording = asyncio.create_task(db.run(record))
    await seam.reached()
    back = asyncio.create_task(db.run(dependency.succeeded, "freescout"))
    await waits_for_a_lock(db)
    seam.let_go()
    await recording
    assert await back
    assert [row.id for row in await db.run(work.due)] == ["mail"]


async def test_a_row_recorded_while_it_comes_back_waits_shortly(db: PostgresDatabase) -> None:
    await db.run(work.owe, [owed("mail")])
    await db.run(dependency.failed, "freescout", "503", at_once=True)
    seam = Seam()

    def comes_back(connection: Connection) -> None:
        dependency.succeeded(connection, "freescout")
        seam()

    back = asyncio.create_task(db.run(comes_back))
    await seam.reached()
    later = Later(600, "down", "freescout")
    recording = asyncio.create_task(db.run(dependency.record, "mail", later, 1.0))
    await waits_for_a_lock(db)
    seam.let_go()
    await asyncio.gather(back, recording)
    left = await db.run(lambda c: c.execute(select(WORK.c.next_try - csm_now())).scalar_one())
    assert left <= 1


async def test_one_replica_probes_what_is_down(db: PostgresDatabase) -> None:
    await db.run(dependency.failed, "freescout", "503", at_once=True)
    claims = [db.run(dependency.claim_probe, ["freescout"], 10.0) for _ in range(8)]
    assert sorted(filter(None, await asyncio.gather(*claims))) == ["freescout"]


async def test_failures_of_several_replicas_are_all_counted_and_said_once(
    db: PostgresDatabase,
) -> None:
    reports = [db.run(dependency.failed, "freescout", "503") for _ in range(10)]
    assert sorted(await asyncio.gather(*reports)) == [False] * 9 + [True]
    assert await db.run(lambda c: c.execute(select(DEPENDENCY.c.failures)).scalar_one()) == 10


async def test_the_cursor_never_moves_backwards(db: PostgresDatabase) -> None:
    await db.run(state.begin_mailbox, "support", 0.0)
    ids = [10**20 + n for n in range(20)]
    await asyncio.gather(*(db.run(state.advance, "support", number) for number in ids))
    stored = await db.run(lambda c: c.execute(select(MAILBOX.c.history_id)).scalar_one())
    assert stored == str(max(ids))


async def test_of_two_install_keys_at_once_one_is_refused(db: PostgresDatabase) -> None:
    keys = [bytes([n]) * 32 for n in (1, 1, 2)]
    claims = [db.run(install.claim, key) for key in keys]
    refused = [type(e) for e in await asyncio.gather(*claims, return_exceptions=True) if e]
    assert refused in ([InstallKeyError], [InstallKeyError] * 2)


async def test_two_provisions_at_once_make_one_schema(postgres: PostgresServer) -> None:
    name = postgres.create()
    await asyncio.gather(*(_provision(postgres.url(name)) for _ in range(3)))
    assert len(postgres.rows(name, "SELECT version_num FROM alembic_version")) == 1
    postgres.drop(name)


async def test_transactions_that_wait_for_each_other_both_end(db: PostgresDatabase) -> None:
    await db.run(work.owe, [owed("a"), owed("b")])
    both = asyncio.Barrier(2)
    tries = []

    def in_turn(connection: Connection, first: str, second: str) -> None:
        tries.append(first)
        work.end(connection, first, "done")
        if len(tries) <= 2:
            await_only(both.wait())
        work.end(connection, second, "done")

    await asyncio.gather(db.run(in_turn, "a", "b"), db.run(in_turn, "b", "a"))
    assert len(tries) == 3
    assert await db.run(work.counts) == {"done": 2}


class SlowBus:
    """A bus whose acknowledgement comes when the test says so."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.acknowledges = asyncio.Event()

    async def publish(self, event: Event, *, bucket: str, headers: Mapping[str, str]) -> None:
        assert headers is not None
        self.published.append(event.dedup_id(bucket))
        await self.acknowledges.wait()


def mails(number: int) -> Sequence[Owed]:
    events = [
        MessageReceived(mailbox="support", gmail_message_id=f"{n}", gmail_thread_id=f"{n}")
        for n in range(number)
    ]
    return [Owed(e.key, e.key, e.name, e.model_dump_json(), "") for e in events]


def promise(connection: Connection, number: int) -> None:
    for n in range(1, number + 1):
        event = ConversationUpdated(conversation_id=n, customer_thread_id=n, cause="gmail")
        outbox.enqueue(connection, event, "")


async def test_replicas_take_turns_in_publishing(db: PostgresDatabase) -> None:
    await db.run(work.owe, mails(5))
    await db.run(promise, 5)
    bus = SlowBus()
    for one, two in (
        [DueLoop(db, bus.publish, FAST, owner) for owner in ("one", "two")],
        [Relay(db, bus.publish, FAST, owner) for owner in ("one", "two")],
    ):
        bus.acknowledges.clear()
        before = len(bus.published)
        first = asyncio.create_task(one.run_due())
        await until(lambda before=before: len(bus.published) == before + 5)
        assert await two.run_due() == "busy"
        bus.acknowledges.set()
        assert await first == "published"
        assert await two.run_due() == "idle"
    assert len(bus.published) == len(set(bus.published)) == 10


async def test_the_turn_of_a_killed_replica_runs_out(db: PostgresDatabase) -> None:
    await db.run(work.owe, mails(1))
    bus = SlowBus()
    bus.acknowledges.set()
    await db.run(leases.acquire, "due", "killed", 0.3)
    loop = DueLoop(db, bus.publish, FAST, "two")
    assert await loop.run_due() == "busy"

    async def published() -> bool:
        return await loop.run_due() == "published"

    await until(published)


async def test_a_replica_that_ends_in_its_turn_gives_it_back(db: PostgresDatabase) -> None:
    await db.run(work.owe, mails(1))
    bus = SlowBus()
    ending = asyncio.create_task(DueLoop(db, bus.publish, FAST, "one").run_due())
    await until(lambda: bus.published != [])
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    bus.acknowledges.set()
    assert await DueLoop(db, bus.publish, FAST, "two").run_due() == "published"


async def test_a_cancelled_caller_leaves_a_whole_transaction(db: PostgresDatabase) -> None:
    seam = Seam()

    def slow(connection: Connection) -> None:
        work.owe(connection, [owed("mail")])
        seam()

    running = asyncio.create_task(db.run(slow))
    await seam.reached()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    seam.let_go()

    async def committed() -> bool:
        return bool(await db.run(work.counts))

    await until(committed)


async def test_an_outage_is_named_said_once_and_over_at_the_first_answer(
    mortal_postgres: PostgresServer,
) -> None:
    db = PostgresDatabase(mortal_postgres.url(mortal_postgres.create()))
    await db.run(migrations.upgrade, "gmail_ingest")
    await taken(db, "one", 10)
    with mortal_postgres.away():
        for _ in range(3):
            with pytest.raises(DatabaseUnavailableError):
                await db.run(leases.acquire, "conv:8", "one", 10)
        assert db.availability.trouble is not None
    assert await db.run(leases.acquire, "conv:8", "one", 10) is not None
    assert db.availability.trouble is None
    assert await db.run(leases.acquire, RESOURCE, "two", 10) is None, "commits are durable"
    await db.close()


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/csm", "postgresql://h.invalid/csm"])
async def test_a_server_that_is_not_there_is_an_outage(url: str) -> None:
    database = PostgresDatabase(url)
    with pytest.raises(DatabaseUnavailableError):
        await database.run(work.counts)
    await database.close()


async def test_a_statement_that_hangs_ends_and_is_no_outage(postgres: PostgresServer) -> None:
    database = PostgresDatabase(postgres.url("postgres"), statement_seconds=0.2)
    with pytest.raises(DatabaseUnavailableError):
        await database.run(lambda c: c.execute(text("SELECT pg_sleep(5)")))
    assert database.availability.trouble is None
    await database.close()


@pytest.mark.parametrize(
    ("setting", "default", "value"),
    [
        ("synchronous_commit", "off", "on"),
        ("transaction_isolation", "serializable", "read committed"),
    ],
)
async def test_what_the_protocol_needs_is_set_whatever_the_server_says(
    postgres: PostgresServer, setting: str, default: str, value: str
) -> None:
    name = postgres.create()
    parameter = setting.replace("transaction", "default_transaction")
    postgres.rows(name, f"ALTER DATABASE {name} SET {parameter} = '{default}'")
    database = PostgresDatabase(postgres.url(name))

    def ask(connection: Connection) -> Any:
        return connection.execute(text(f"SHOW {setting}")).scalar_one()

    assert await database.run(ask) == value
    await database.close()
    postgres.drop(name)
