"""The predecessor's mailbox goes on here: nothing that it wrote is written a second time."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from typer.testing import Result

from cli_stack import csm
from csm import admin
from desk_client import HEADERS, create
from letters import letter, message_id
from past import forget_the_start
from stage import Row, Stage

# As the predecessor's own start makes it.
SCHEMA = """
CREATE TABLE processed_messages (gmail_message_id TEXT PRIMARY KEY, gmail_thread_id TEXT,
  freescout_conversation_id TEXT, status TEXT, action TEXT, error TEXT, processed_at TEXT);
CREATE TABLE thread_map (gmail_thread_id TEXT PRIMARY KEY, freescout_conversation_id TEXT NOT NULL,
  created_at TEXT, updated_at TEXT);
CREATE TABLE bot_drafts (freescout_conversation_id TEXT PRIMARY KEY, freescout_thread_id TEXT,
  last_hash TEXT, last_generated_at TEXT);
"""
NUMBER = 6


class Predecessor:
    """Its database, and the conversations that it made in the desk without any marker."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self.stage = stage
        self.path = path
        self.tickets: dict[str, int] = {}
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)

    def took(self, name: str, status: str = "success", *, is_mapped: bool = True) -> Row:
        """A mail that it had read, with the ticket it made if it did."""
        mail = self.stage.deliver(letter(name), "any")
        conversation = None
        if status == "success":
            with httpx.Client(
                base_url=self.stage.desk.url, headers=HEADERS, trust_env=False
            ) as desk:
                customer = {"email": "ann@customers.example"}
                thread = {"type": "customer", "text": name, "imported": True, "customer": customer}
                conversation = create(desk, subject=name, customer=customer, threads=[thread])
            self.tickets[name] = conversation
        mail_row = (mail["id"], mail["thread_id"], conversation, status)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(
                "INSERT INTO processed_messages (gmail_message_id, gmail_thread_id,"
                " freescout_conversation_id, status) VALUES (?, ?, ?, ?)", mail_row
            )  # fmt: skip
            if conversation and is_mapped:
                connection.execute(
                    "INSERT INTO thread_map VALUES (?, ?, '', '')",
                    (mail["thread_id"], conversation),
                )
        return mail


@pytest.fixture
def predecessor(stage: Stage, tmp_path: Path) -> Predecessor:
    """A mailbox with some history."""
    forget_the_start(stage)
    stage.change(gmail={"start": "backfill", "backfill_days": 30})
    return Predecessor(stage, tmp_path / "old.sqlite")


async def migrate(stage: Stage, file: Path) -> Result:
    """`csm migrate-from` of this installation."""
    config = str(stage.installation.config)
    return await asyncio.to_thread(csm, "migrate-from", str(file), "--config", config, "--json")


@pytest.mark.promise("once", "together", "shown")
async def test_the_same_mailbox_after_an_import_gets_no_duplicate(
    stage: Stage, predecessor: Predecessor
) -> None:
    """A backfill over everything, the worst case: it meets every mail that was written before."""
    old = [predecessor.took(f"old-{n}", is_mapped=n % 2 == 0) for n in range(NUMBER)]
    predecessor.took("newsletter", "filtered")
    failed = predecessor.took("failed", "failed")
    predecessor.took("processing", "processing")
    for mails, threads in ((NUMBER + 3, NUMBER), (0, 0)):
        said = json.loads((await migrate(stage, predecessor.path)).stdout)
        assert (said["mails"], said["threads"]) == (mails, threads)

    before = len(stage.conversations())
    answer = letter("answer", "Re: old-0", answers=[message_id("old-0")])
    stage.deliver(answer, thread_id=old[0]["thread_id"])
    stage.deliver(letter("new"))
    stage.live()
    ends = {"done": NUMBER + 2, "filtered": 1, "parked": 2}
    await stage.until(lambda: stage.states() == ends)
    # Not even an operator's replay of everything writes a mail of the predecessor's again.
    await stage.ask("replay", states=["done"], reason="everything")
    await stage.until(lambda: stage.states() == ends)
    conversations = {row["id"]: row for row in stage.conversations(bodies=True)}
    assert len(conversations) == before + 1
    texts = [t["body"] for t in conversations[predecessor.tickets["old-0"]]["threads"]]
    assert len(texts) == 2
    assert "this is answer" in texts[-1]
    assert "look for it in FreeScout" in str(stage.story(failed["id"])[1])


def test_a_file_that_is_none_of_the_predecessors_is_refused(stage: Stage, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite"
    foreign.write_bytes(b"no database at all, but long enough to look like one" * 20)
    said = csm("migrate-from", str(foreign), "--config", str(stage.installation.config))
    assert said.exit_code == 1
    assert "is no database of the predecessor" in said.stderr


async def test_a_running_service_is_not_written_beside(
    stage: Stage, predecessor: Predecessor
) -> None:
    stage.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_mailbox") != [])
    said = await migrate(stage, predecessor.path)
    assert said.exit_code == 1
    assert "stop gmail_ingest first" in said.stderr
    assert await admin.ask(stage.installation.nats_url, "gmail_ingest", "status")
