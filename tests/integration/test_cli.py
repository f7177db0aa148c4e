"""The operating verbs of `csm` against a stack that runs as an operator runs it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cli_stack import Up, csm, delivered, free_port, simulators, upped, wait_for
from csm import work
from csm_cli import operate
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.services import names
from csm_cli.simulation import Simulator
from csm_cli.terminal import CommandFailedError
from simulators.samples import Sample, sample_mails

pytestmark = pytest.mark.timeout(120)

SAMPLES = {sample.name: sample for sample in sample_mails()}
ATTACHED, SPAM = SAMPLES["en-pdf-attached"], SAMPLES["en-own-mail"]


@dataclass(frozen=True, slots=True)
class Stack:
    """Simulators and a running installation with write = drafts."""

    gmail: Simulator
    desk: Simulator
    up: Up


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything up, self-test passed, nothing delivered."""
    folder = tmp_path_factory.mktemp("cli")
    with simulators(folder / "simulators") as (gmail, desk):
        installation = Installation(
            folder, gmail.url, desk.url, f"nats://127.0.0.1:{free_port()}", write="drafts"
        )
        with upped(installation) as up:
            up.answers()
            opened = Stack(gmail, desk, up)
            tested = up.csm("self-test", "--assume", "yes")
            assert tested.exit_code == 0, f"{tested.exception!r} {up.said()}"
            yield opened


@pytest.fixture
def desk(stack: Stack) -> Iterator[Simulator]:
    """The desk, whose switches are set back and tested again after the test."""
    yield stack.desk
    stack.desk.post(
        "/control/settings", {"tags_module": True, "created_at": "honoured", "drafts": "kept"}
    )
    assert stack.up.csm("self-test", "--assume", "yes").exit_code == 0


def written(stack: Stack, sample: Sample) -> str:
    """Bring a sample in and wait for its end; its Gmail id."""
    gmail_id = delivered(stack.gmail, sample.raw)

    def has_ended() -> bool:
        rows = stack.up.json("list")
        return any(r["id"].endswith(gmail_id) and r["state"] != "wanted" for r in rows)

    wait_for(has_ended, stack.up.said)
    return gmail_id


def mails_of(stack: Stack, wanted: str) -> list[Any]:
    """What gmail_ingest tells of it."""
    told: list[Any] = stack.up.json("show", wanted)["services"]["gmail_ingest"]["rows"]
    return told


def test_status_says_what_is_open_and_what_is_allowed(stack: Stack) -> None:
    written(stack, ATTACHED)
    answer = stack.up.json("status")
    assert (answer["down"], answer["outbox"], answer["allowed"]) == ([], 0, "drafts")
    assert answer["states"]["done"] >= 1
    assert list(answer["services"]) == names()[1:]

    def is_well() -> bool:
        services = stack.up.json("status")["services"].values()
        return all(said and said["down"] == [] for said in services)

    wait_for(is_well, stack.up.said)
    shown = stack.up.csm("status").stdout
    assert "done" in shown
    assert "self-test allows" in shown


def test_list_narrows_by_state_age_and_number(stack: Stack) -> None:
    done, filtered = written(stack, ATTACHED), written(stack, SPAM)
    ids = [row["id"] for row in stack.up.json("list", "--state", "filtered", "--since", "10m")]
    assert any(work_id.endswith(filtered) for work_id in ids)
    assert not any(work_id.endswith(done) for work_id in ids)
    assert stack.up.json("list", "--since", "2100-01-01T00:00") == []
    assert len(stack.up.json("list", "--limit", "1")) == 1
    assert "own mail" in stack.up.csm("list").stdout


def test_an_unknown_state_and_an_unreadable_age_are_named(stack: Stack) -> None:
    assert "known are wanted" in stack.up.csm("list", "--state", "lost").stderr.replace("\n", " ")
    refused = stack.up.csm("list", "--since", "yesterday")
    assert refused.exit_code == 1
    assert "--since yesterday" in refused.stderr


def test_show_tells_the_whole_story_of_a_mail(stack: Stack) -> None:
    gmail_id = written(stack, ATTACHED)
    shown = stack.up.csm("show", gmail_id).stdout
    (story,) = mails_of(stack, gmail_id)
    conversation = story["effects"][0]["conversation_id"]
    trace = story["work"]["traceparent"].split("-")[1]
    link = f"https://mail.google.com/mail/?authuser=support%40desk.example#all/{gmail_id}"
    for words in (link, trace, f"{stack.desk.url}/conversation/{conversation}", "INBOX UNREAD"):
        assert words in shown
    assert ".pdf (" in shown
    by_conversation = mails_of(stack, str(conversation))
    assert story["work"]["id"] in [found["work"]["id"] for found in by_conversation]


def test_show_of_an_unknown_mail_is_one_clear_line(stack: Stack) -> None:
    refused = stack.up.csm("show", "18c5ffffffffffff")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "nothing is known of '18c5ffffffffffff'\n"


def test_a_replay_repeats_nothing_that_the_desk_has(stack: Stack) -> None:
    gmail_id = written(stack, ATTACHED)
    before = threads(stack)
    planned = stack.up.json("replay", gmail_id, "--reason", "a look", "--dry-run")
    assert (planned["number"], planned["dry_run"]) == (1, True)
    assert mails_of(stack, gmail_id)[0]["work"]["state"] == "done"
    assert stack.up.csm("replay", gmail_id, "--reason", "in earnest").exit_code == 0
    wait_for(lambda: mails_of(stack, gmail_id)[0]["work"]["state"] == "done", stack.up.said)
    assert threads(stack) == before


def test_what_was_said_about_a_customer_is_erased(stack: Stack) -> None:
    gmail_id = written(stack, ATTACHED)
    (story,) = mails_of(stack, gmail_id)
    conversation = story["effects"][0]["conversation_id"]
    rows = {row["id"]: row for row in stack.desk.get("/control/state")["conversations"]}

    def is_noted() -> bool:
        found = stack.desk.get("/control/state")["conversations"]
        threads = [t for row in found if row["id"] == conversation for t in row["threads"]]
        return any(thread["type"] == "note" for thread in threads)

    wait_for(is_noted, stack.up.said)
    erased = stack.up.json("erase", rows[conversation]["customer"])
    assert conversation in erased["conversations"]
    assert erased["rows"] > 0
    again = stack.up.csm("erase", rows[conversation]["customer"]).stdout
    assert again.startswith("0 texts about")
    assert "FreeScout and Gmail still hold the mail" in again
    assert stack.up.json("erase", "nobody@customers.example")["conversations"] == []
    assert "is no address" in stack.up.csm("erase", "nobody").stderr


def test_a_replay_says_which_mails(stack: Stack) -> None:
    written(stack, SPAM)
    said = stack.up.csm("replay", "--state", "filtered", "--reason", "rule changed", "--dry-run")
    assert "would be due again" in said.stdout
    assert "message.received:support:" in said.stdout
    refused = stack.up.csm("replay", "--reason", "everything")
    assert (refused.exit_code, "say what to replay" in refused.stderr) == (1, True)


def threads(stack: Stack) -> int:
    rows = stack.desk.get("/control/state")["conversations"]
    return sum(thread["type"] == "customer" for row in rows for thread in row["threads"])


def test_check_finds_everything_in_order(stack: Stack) -> None:
    checked = stack.up.json("check")
    assert {finding["level"] for finding in checked} == {"ok"}, checked
    looked_at = [finding["what"] for finding in checked]
    assert looked_at == [
        "settings", "install key", *(f"database of {name}" for name in names()), "NATS",
        "streams", "NATS on disk", "FreeScout", "Gmail support", "llm", "gmail_ingest", "self-test",
    ]  # fmt: skip


def test_check_names_the_key_of_each_wrong_setting(stack: Stack, tmp_path: Path) -> None:
    settings = stack.up.config.read_text()
    wrong = settings.replace('address = "support@', 'address = "sales@')
    wrong = wrong.replace("freescout_mailbox_id = 1", "freescout_mailbox_id = 7")
    config = tmp_path / "csm.toml"
    config.write_text(wrong)
    checked = csm("check", "--config", str(config))
    assert checked.exit_code == 1
    assert "mailbox.support.freescout_mailbox_id: FreeScout has no mailbox 7" in checked.stdout
    assert "mailbox.support.address: is sales@desk.example" in checked.stdout


def test_check_says_what_is_missing_before_provisioning(stack: Stack, tmp_path: Path) -> None:
    installation = Installation(tmp_path, stack.gmail.url, stack.desk.url, dead_bus())
    installation.save()
    checked = csm("check", "--config", str(installation.config))
    assert checked.exit_code == 1
    assert "run `csm provision`" in checked.stdout
    assert "nats.url:" in checked.stdout


def test_without_the_tags_module_triage_is_not_allowed(stack: Stack, desk: Simulator) -> None:
    desk.post("/control/settings", {"tags_module": False})
    tested = stack.up.csm("self-test", "--assume", "skip")
    assert "the Tags module is absent" in tested.stdout
    assert "write = 'tickets' at most" in tested.stdout


def test_an_ignored_creation_time_is_said_and_allowed(stack: Stack, desk: Simulator) -> None:
    desk.post("/control/settings", {"created_at": "ignored"})
    tested = stack.up.csm("self-test", "--assume", "yes")
    assert tested.exit_code == 0
    assert "is ignored: threads will say in words when they came" in tested.stdout
    assert "write = 'drafts' at most" in tested.stdout


def test_published_drafts_refuse_the_level_drafts(stack: Stack, desk: Simulator) -> None:
    desk.post("/control/settings", {"drafts": "published"})
    tested = stack.up.csm("self-test", "--assume", "no")
    assert "is published instead of kept: no drafts will be made" in tested.stdout
    assert "write = 'triage' at most" in tested.stdout
    assert "a note notifies nobody" in json.dumps(stack.up.json("self-test", "--assume", "no"))
    checked = stack.up.csm("check")
    assert checked.exit_code == 1
    assert "mailbox.support.write: drafts is refused" in checked.stdout
    assert "drafts is refused" in stack.up.csm("status").stdout


def test_unattended_the_question_is_skipped_and_said(stack: Stack) -> None:
    tested = stack.up.csm("self-test")
    assert "no terminal (--assume)" in tested.stderr.replace("\n", " ")
    assert tested.exit_code == 0


def test_a_self_test_of_an_unknown_mailbox_is_refused(stack: Stack) -> None:
    refused = stack.up.csm("self-test", "--mailbox", "sales")
    assert (refused.exit_code, refused.stderr) == (1, "no mailbox 'sales' is configured\n")


def dead_bus() -> str:
    return f"nats://127.0.0.1:{free_port()}"


VERBS = [("status",), ("list",), ("show", "1"), ("replay", "1", "--reason", "r"), ("self-test",)]


@pytest.fixture
def unused(tmp_path: Path) -> Installation:
    """Settings of an installation in which nothing runs."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    return Installation(tmp_path, nowhere, nowhere, dead_bus())


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_silent_bus_is_one_clear_line(unused: Installation, verb: tuple[str, ...]) -> None:
    unused.save()
    said = csm(*verb, "--config", str(unused.config))
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith("NATS does not answer at nats://127.0.0.1:")
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_service_that_does_not_run_is_one_clear_line(
    unused: Installation, nats: EmbeddedNats, verb: tuple[str, ...]
) -> None:
    replace(unused, nats_url=nats.url).save()
    said = csm(*verb, "--config", str(unused.config))
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "gmail_ingest is not running (nobody answers on NATS)\n"


@pytest.mark.parametrize("verb", [*VERBS, ("provision",), ("check",), ("up",)], ids=lambda v: v[0])
def test_a_wrong_setting_ends_with_78_and_its_key(tmp_path: Path, verb: tuple[str, ...]) -> None:
    config = tmp_path / "csm.toml"
    config.write_text('colour = "red"\n')
    said = csm(*verb, "--config", str(config))
    assert said.exit_code == 78
    assert "colour: unknown key" in said.stderr
    assert "freescout: is required" in said.stderr


def test_provision_says_what_it_made_and_then_nothing(
    unused: Installation, nats: EmbeddedNats
) -> None:
    replace(unused, nats_url=nats.url).save()
    first = csm("provision", "--config", str(unused.config))
    assert first.exit_code == 0
    assert "install key made" in first.stdout
    assert "stream MAIL: created" in first.stdout
    again = csm("provision", "--config", str(unused.config))
    assert again.stdout == "everything is there already\n"


def test_provision_without_a_bus_says_its_key(unused: Installation) -> None:
    unused.save()
    said = csm("provision", "--config", str(unused.config))
    assert said.exit_code == 1
    assert said.stderr.startswith("nats.url: nats://127.0.0.1:")


def test_the_states_are_those_of_the_work_rows() -> None:
    assert ("wanted", *work.TERMINAL) == operate.STATES


@pytest.mark.parametrize(
    ("words", "seconds"), [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("3d", 259_200)]
)
def test_an_age_counts_back_from_now(words: str, seconds: int) -> None:
    assert operate.since(words, now=1_000_000) == 1_000_000 - seconds


def test_a_time_is_taken_with_its_zone() -> None:
    assert operate.since("2026-03-01T08:00:00+01:00") == 1_772_348_400
    with pytest.raises(CommandFailedError, match="neither a time"):
        operate.since("2 h")


def test_the_version_is_printed() -> None:
    said = csm("--version")
    assert (said.exit_code, said.stdout.startswith("csm 0.")) == (0, True)
