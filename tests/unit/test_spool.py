"""Raw mails in work: readable by their owner only, whole or not there, gone when done."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from csm import work
from csm.timing import PROFILES
from csm.work import Owed
from gmail_ingest.fetch import Fetcher
from gmail_ingest.spool import SPOOL_LIMIT, Spool
from memory_store import Store

WORK = "message.received:support:18f"
RAW = b"From: ann@customer.example\r\n\r\nHello\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The spool's folder under the most careless umask."""
    before = os.umask(0)
    yield tmp_path / "var" / "spool"
    os.umask(before)


@pytest.fixture
def spool(folder: Path) -> Spool:
    """An empty spool."""
    return Spool(folder)


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_mail_is_read_as_it_was_kept(spool: Spool) -> None:
    assert await spool.keep(WORK, RAW)
    assert await spool.read(WORK) == RAW


async def test_an_empty_mail_is_a_mail(spool: Spool) -> None:
    await spool.keep(WORK, b"")
    assert await spool.read(WORK) == b""


async def test_what_was_never_kept_is_not_there(spool: Spool) -> None:
    assert await spool.read(WORK) is None


async def test_only_the_owner_may_read_mail(spool: Spool, folder: Path) -> None:
    await spool.keep(WORK, RAW)
    (file,) = files(folder)
    assert mode(file) == 0o600
    assert mode(folder) == 0o700


async def test_the_name_of_a_file_gives_nothing_away(spool: Spool, folder: Path) -> None:
    await spool.keep("message.received:support:../../etc/passwd", RAW)
    (file,) = files(folder)
    assert file.suffix == ".eml"
    assert set(file.stem) <= set("0123456789abcdef")


async def test_a_mail_kept_again_replaces_the_first(spool: Spool, folder: Path) -> None:
    await spool.keep(WORK, RAW * 2)
    await spool.keep(WORK, RAW)
    assert await spool.read(WORK) == RAW
    assert len(files(folder)) == 1


async def test_a_write_that_broke_off_is_no_mail(spool: Spool, folder: Path) -> None:
    """Killed between write and rename: the half file has another name."""
    await spool.keep(WORK, RAW)
    (file,) = files(folder)
    await asyncio.to_thread(file.rename, file.with_suffix(f".{os.getpid()}.part"))
    assert await spool.read(WORK) is None
    await spool.keep(WORK, RAW)
    assert await spool.read(WORK) == RAW


async def test_a_dropped_mail_is_gone(spool: Spool, folder: Path) -> None:
    await spool.keep(WORK, RAW)
    await spool.drop(WORK)
    assert await spool.read(WORK) is None
    assert files(folder) == []


async def test_dropping_what_is_not_there_is_no_error(spool: Spool) -> None:
    await spool.drop(WORK)


async def test_mails_do_not_share_a_file(spool: Spool) -> None:
    await spool.keep("one", b"1")
    await spool.keep("two", b"2")
    await spool.drop("one")
    assert await spool.read("two") == b"2"


async def test_a_large_mail_is_not_kept(spool: Spool) -> None:
    assert await spool.keep("small", bytes(SPOOL_LIMIT))
    assert not await spool.keep("large", bytes(SPOOL_LIMIT + 1))
    assert await spool.read("large") is None


async def test_mails_survive_a_restart(spool: Spool, folder: Path) -> None:
    await spool.keep(WORK, RAW)
    assert await Spool(folder).read(WORK) == RAW


def aged(folder: Path, seconds: float) -> None:
    """Make every file of the folder that old."""
    for path in folder.iterdir():
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


async def test_a_sweep_keeps_what_is_wanted_and_what_is_young(spool: Spool, folder: Path) -> None:
    await spool.keep(WORK, RAW)
    await spool.keep("wanted", RAW)
    (folder / "broken.part").write_bytes(RAW)
    await spool.keep_only({"wanted"}, 60)
    assert len(files(folder)) == 3
    aged(folder, 61)
    await spool.keep_only({"wanted"}, 60)
    assert len(files(folder)) == 1
    assert await spool.read("wanted") == RAW


async def test_a_mail_that_several_write_at_once_is_always_whole(
    spool: Spool, folder: Path
) -> None:
    large = RAW * 20_000
    await spool.keep(WORK, large)
    writing = asyncio.gather(*(spool.keep(WORK, large) for _ in range(20)))
    while not writing.done():
        assert await spool.read(WORK) == large
    assert await writing == [True] * 20
    assert len(files(folder)) == 1


async def test_mails_that_ended_at_another_replica_are_forgotten(
    store: Store, spool: Spool, folder: Path
) -> None:
    store.run(work.owe, [Owed(one, one, "message.received", "{}", "") for one in (WORK, "open")])
    for one in (WORK, "open"):
        await spool.keep(one, RAW)
    store.run(work.end, WORK, "done")
    aged(folder, 3600)
    await Fetcher(store.db, {}, spool, {}, PROFILES["fast"]).tidy()
    assert await spool.read(WORK) is None
    assert await spool.read("open") == RAW
