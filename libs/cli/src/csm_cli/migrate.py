"""`csm migrate-from`: takes over the predecessor's SQLite file, which it only reads."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import typer

from csm.db import Database, DatabaseInUseError, DatabaseUnavailableError, open_database
from csm.settings import load
from csm_cli.provisioning import provision_state
from csm_cli.terminal import AsJson, CommandFailedError, Config, in_words, say_facts, say_json
from gmail_ingest.predecessor import OldMail, Status, adopt, adopt_threads
from gmail_ingest.settings import Settings

# Mails of one transaction.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Past:
    """What the predecessor knew. `left_out`: rows without an id of Gmail or FreeScout."""

    mails: tuple[OldMail, ...]
    threads: Mapping[str, int]
    drafts: int
    left_out: int


def migrate_from(
    database: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Its csm.sqlite.")],
    *,
    mailbox: Annotated[str | None, typer.Option(help="Slug; needed with several.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take over which mails the predecessor wrote and where its threads are: none is written again.

    Stop the predecessor first, then gmail_ingest. Safe to repeat.
    Example: [bold]csm migrate-from old/csm.sqlite --mailbox support[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        taken = asyncio.run(take_over(settings, _slug(settings, mailbox), read(database)))
        say_json(taken) if as_json else say_facts("Taken over", list(taken.items()))


def _slug(settings: Settings, wanted: str | None) -> str:
    slugs = list(settings.mailbox)
    if wanted in slugs:
        return str(wanted)
    if wanted is None and len(slugs) == 1:
        return slugs[0]
    raise CommandFailedError(f"--mailbox: choose one of {', '.join(slugs)}")


def read(path: Path) -> Past:
    """Everything in its file; raises CommandFailedError when that is not one."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            mails = connection.execute(
                "SELECT gmail_message_id AS id, gmail_thread_id AS thread, status,"
                " freescout_conversation_id AS conversation FROM processed_messages ORDER BY rowid"
            ).fetchall()
            mapped = connection.execute(
                "SELECT gmail_thread_id AS thread, freescout_conversation_id AS conversation"
                " FROM thread_map ORDER BY rowid"
            ).fetchall()
            drafts = connection.execute("SELECT count(*) FROM bot_drafts").fetchone()[0]
    except sqlite3.Error as error:
        raise CommandFailedError(f"{path}: is no database of the predecessor: {error}") from None
    whole = [row for row in mails if row["id"] and row["thread"] and row["status"] in _STATUSES]
    old = tuple(OldMail(row["id"], row["thread"], row["status"]) for row in whole)
    # The map is written after the mail: a crash between the two left only the mail's own word.
    known = [row for row in whole if row["status"] == "success"] + mapped
    threads = {row["thread"]: int(row["conversation"]) for row in known if _is_id(row)}
    left_out = len(mails) - len(whole) + sum(not _is_id(row) for row in known)
    return Past(old, threads, drafts, left_out)


_STATUSES = frozenset(get_args(Status))


def _is_id(row: sqlite3.Row) -> bool:
    return bool(row["thread"]) and str(row["conversation"] or "").isdigit()


async def take_over(settings: Settings, slug: str, past: Past) -> dict[str, int]:
    """Into the journal of gmail_ingest, which must not run; how much of what was new.

    Raises CommandFailedError.
    """
    await provision_state(settings)
    try:
        db = open_database(settings.database_url)
    except DatabaseInUseError as error:
        raise CommandFailedError(f"stop gmail_ingest first: {error}") from None
    try:
        return await _taken(db, slug, past)
    except DatabaseUnavailableError as error:
        raise CommandFailedError(str(error)) from None
    finally:
        await db.close()


async def _taken(db: Database, slug: str, past: Past) -> dict[str, int]:
    threads = await db.run(adopt_threads, slug, past.threads)
    mails = 0
    for start in range(0, len(past.mails), _BATCH):
        mails += await db.run(adopt, slug, past.mails[start : start + _BATCH])
    unsure = sum(mail.status in ("failed", "processing") for mail in past.mails)
    return {
        "mails": mails,
        "threads": threads,
        "parked: outcome unknown": unsure,
        # They stand in FreeScout, and a draft that stands there is never replaced.
        "drafts that stay as they are": past.drafts,
        "rows left out": past.left_out,
    }
