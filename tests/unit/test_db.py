"""SQLite as a service uses it: durable, one process, one step at a time, one clock."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from csm.db import (
    DatabaseInUseError,
    DatabaseUnavailableError,
    InlineDatabase,
    SqliteDatabase,
    csm_now,
    kind_of,
    open_database,
    open_read_only,
    outlast,
    shown,
)
from memory_store import START, Clock, Store

OPEN = (
    "import sys; from pathlib import Path; from csm.db import *; SqliteDatabase(Path(sys.argv[1]))"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A database file whose clock stands still."""
    database = SqliteDatabase(tmp_path / "var" / "service.db", Clock())
    yield database
    await database.close()


def pragma(connection: Connection, name: str) -> object:
    return connection.execute(text(f"PRAGMA {name}")).scalar_one()


def make_table(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE mail (id INTEGER PRIMARY KEY)"))


def insert(connection: Connection, number: int) -> None:
    connection.execute(text("INSERT INTO mail VALUES (:number)"), {"number": number})


def insert_and_fail(connection: Connection, number: int) -> None:
    insert(connection, number)
    raise LookupError("the step failed")


def numbers(connection: Connection) -> list[int]:
    return list(connection.execute(text("SELECT id FROM mail ORDER BY id")).scalars())


def now(connection: Connection) -> float:
    return float(connection.execute(csm_now().select()).scalar_one())


async def test_a_commit_is_durable_and_readers_do_not_block(database: SqliteDatabase) -> None:
    assert await database.run(pragma, "journal_mode") == "wal"
    assert await database.run(pragma, "synchronous") == 2, "2 is FULL"
    assert await database.run(pragma, "foreign_keys") == 1


async def test_its_folder_is_made(database: SqliteDatabase, tmp_path: Path) -> None:
    await database.run(make_table)
    assert (tmp_path / "var" / "service.db").is_file()


async def test_a_step_answers_and_is_committed(database: SqliteDatabase) -> None:
    await database.run(make_table)
    await database.run(insert, 1)
    assert await database.run(numbers) == [1]


async def test_a_step_that_fails_is_rolled_back_and_its_error_raised(
    database: SqliteDatabase,
) -> None:
    await database.run(make_table)
    with pytest.raises(LookupError):
        await database.run(insert_and_fail, 1)
    assert await database.run(numbers) == []


async def test_after_a_failure_the_next_step_runs(database: SqliteDatabase) -> None:
    await database.run(make_table)
    with pytest.raises(LookupError):
        await database.run(insert_and_fail, 1)
    await database.run(insert, 2)
    assert await database.run(numbers) == [2]


async def test_steps_of_many_tasks_queue_and_none_finds_a_lock(database: SqliteDatabase) -> None:
    await database.run(make_table)
    await asyncio.gather(*(database.run(insert, number) for number in range(50)))
    assert await database.run(numbers) == list(range(50))


async def test_steps_that_queue_meanwhile_are_committed_together(database: SqliteDatabase) -> None:
    await database.run(make_table)
    commits: list[Connection] = []
    event.listen(database.engine, "commit", commits.append)
    await asyncio.gather(*(database.run(insert, number) for number in range(50)))
    assert len(commits) < 10
    assert await database.run(numbers) == list(range(50))


async def test_a_step_that_fails_takes_no_other_along(database: SqliteDatabase) -> None:
    await database.run(make_table)
    steps = [database.run(insert_and_fail if n % 10 == 3 else insert, n) for n in range(50)]
    failed = [n for n, answer in enumerate(await asyncio.gather(*steps, return_exceptions=True))
              if isinstance(answer, LookupError)]  # fmt: skip
    assert failed == [3, 13, 23, 33, 43]
    assert await database.run(numbers) == [n for n in range(50) if n not in failed]


async def test_who_gives_up_waiting_disturbs_nobody(database: SqliteDatabase) -> None:
    await database.run(make_table)
    waiting = [asyncio.ensure_future(database.run(insert, number)) for number in range(20)]
    await asyncio.sleep(0)
    waiting[7].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if answer is not None] == [7]
    assert set(await database.run(numbers)) >= set(range(20)) - {7}


async def test_who_is_told_to_end_while_the_database_is_away_ends() -> None:
    begun: list[str] = []

    async def work() -> None:
        begun.append("begun")
        try:
            await asyncio.sleep(60)
        finally:
            raise DatabaseUnavailableError("away, when a lease should be given back")

    outlasting = asyncio.create_task(outlast(work, 0))
    await asyncio.sleep(0)
    outlasting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outlasting
    assert begun == ["begun"]


async def test_what_found_the_database_away_is_done_again() -> None:
    failures = iter([DatabaseUnavailableError("away"), DatabaseUnavailableError("still"), None])

    async def work() -> str:
        if failure := next(failures):
            raise failure
        return "done"

    assert await outlast(work, 0) == "done"


async def test_the_clock_of_the_database_is_the_injected_one(database: SqliteDatabase) -> None:
    assert await database.run(now) == START


def test_the_clock_moves_with_the_injected_one(store: Store) -> None:
    store.pass_time(7.5)
    assert store.run(now) == START + 7.5


async def test_a_second_process_is_refused_and_told_who_holds_the_file(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    await database.run(make_table)
    run = await asyncio.to_thread(_open, tmp_path / "var" / "service.db")
    assert run.returncode != 0
    assert f"in use by pid {os.getpid()}" in run.stderr
    assert str(tmp_path / "var" / "service.db.lock") in run.stderr


async def test_the_same_process_cannot_open_the_file_twice(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    await database.run(make_table)
    with pytest.raises(DatabaseInUseError, match=f"pid {os.getpid()}"):
        SqliteDatabase(tmp_path / "var" / "service.db")


async def test_a_closed_database_can_be_opened_again(tmp_path: Path) -> None:
    first = SqliteDatabase(tmp_path / "service.db")
    await first.run(make_table)
    await first.close()
    second = SqliteDatabase(tmp_path / "service.db")
    assert await second.run(numbers) == []
    await second.close()


def test_a_process_that_died_leaves_no_lock(tmp_path: Path) -> None:
    for _ in range(2):
        assert _open(tmp_path / "service.db").returncode == 0


async def test_a_step_in_the_callers_thread_is_rolled_back_too(database: SqliteDatabase) -> None:
    inline = InlineDatabase(database.engine)
    await inline.run(make_table)
    with pytest.raises(LookupError):
        await inline.run(insert_and_fail, 1)
    assert await inline.run(numbers) == []


async def test_a_mistake_of_ours_is_not_taken_for_an_outage(database: SqliteDatabase) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        await database.run(numbers)
    assert database.availability.trouble is None


async def test_what_is_opened_for_reading_cannot_be_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'service.db'}"
    written = open_database(url)
    await written.run(make_table)
    reader = open_read_only(url)
    assert await reader.run(numbers) == []
    with pytest.raises(DatabaseUnavailableError, match="readonly"):
        await reader.run(insert, 1)
    await reader.close()
    await written.close()


def test_what_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"service\.db is not there"):
        open_read_only(f"sqlite:///{tmp_path / 'service.db'}")


@pytest.mark.parametrize(
    ("url", "kind", "says"),
    [
        ("sqlite:///var/service.db", "sqlite", "var/service.db"),
        ("sqlite:////var/lib/service.db", "sqlite", "/var/lib/service.db"),
        ("postgresql://ann:secret@db.example/csm", "postgresql", "csm on db.example"),
        ("postgresql+asyncpg://ann@db.example:5433/csm", "postgresql", "csm on db.example"),
        ("postgresql:///csm?host=/run/db", "postgresql", "csm on /run/db"),
    ],
)
def test_a_database_address_names_its_kind_and_is_shown_without_a_password(
    url: str, kind: str, says: str
) -> None:
    assert (kind_of(url), shown(url)) == (kind, says)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:secret@db.example/csm",
        "postgresql+psycopg://ann:secret@db.example/csm",
        "postgresql://ann:secret@db.example",
        "sqlite://",
        "sqlite:///:memory:",
        "secret.db",
        "",
    ],
)
def test_another_database_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///<path>") as caught:
        kind_of(url)
    assert "secret" not in str(caught.value)


def _open(path: Path) -> subprocess.CompletedProcess[str]:
    """Open a database in a process of its own, which then ends."""
    command = [sys.executable, "-c", OPEN, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
