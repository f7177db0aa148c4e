"""`csm setup` at a terminal, against the simulators."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pexpect
import pytest

from cli_stack import simulators
from csm.settings import load
from csm_cli.gmail_login import LoginSettings
from csm_cli.simulation import Simulator
from gmail_ingest.settings import Settings

pytestmark = pytest.mark.timeout(120)
KEY = "simulated-key"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Simulator]]:
    with simulators(tmp_path_factory.mktemp("simulators")) as started:
        yield started


class Terminal:
    """A pseudo terminal with `csm setup` in it."""

    def __init__(self, folder: Path, gmail: Simulator) -> None:
        command = ["-m", "csm_cli", "setup", "--config", str(folder / "csm.toml")]
        command += ["--gmail-server", gmail.url]
        self.shown = ""
        self._child: Any = pexpect.spawn(
            sys.executable, command, timeout=30, encoding="utf-8", dimensions=(50, 200)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    def answer(self, question: str, typed: str) -> None:
        """Wait for a question and type a line."""
        self._child.expect_exact(question)
        self.shown += self._child.before + question
        self._child.sendline(typed)

    def end(self) -> int:
        """Wait until it ends; its exit code."""
        self._child.expect(pexpect.EOF)
        self.shown += self._child.before
        self._child.close()
        return int(self._child.exitstatus)

    def first_answers(self, desk: Simulator) -> None:
        """Everything up to the last question, all right at once."""
        self.answer("Address of the mailbox", "Support@Desk.example")
        self.answer("Short name of it", "")
        self.answer("Address of FreeScout", desk.url)
        self.answer("API key (not shown)", KEY)
        self.answer("Number", "1")
        self.answer("Number", "1")
        self.answer("Test address", "test@desk.example")
        self.answer("Number", "")


def test_setup_makes_settings_that_the_services_read(
    servers: tuple[Simulator, Simulator], tmp_path: Path
) -> None:
    gmail, desk = servers
    with Terminal(tmp_path, gmail) as terminal:
        terminal.first_answers(desk)
        assert terminal.end() == 0, terminal.shown
    assert KEY not in terminal.shown
    assert "FreeScout answers" in terminal.shown
    steps = [line.strip() for line in terminal.shown.partition("Next:")[2].splitlines() if line]
    assert [step.split(" --")[0] for step in steps if step.startswith("csm")] == [
        "csm gmail auth support", "csm provision", "csm check", "csm up", "csm self-test"
    ]  # fmt: skip
    config = tmp_path / "csm.toml"
    settings = load(LoginSettings, config)
    assert settings.freescout.api_key == KEY
    for path in (config, settings.freescout.api_key_file):
        assert path.stat().st_mode & 0o777 == 0o600
    token = settings.mailbox["support"].gmail.token_file
    assert token is not None
    token.write_text(json.dumps({}) + "\n")
    complete = load(Settings, config).mailbox["support"]
    assert (complete.address, complete.write) == ("support@desk.example", "off")
    assert complete.freescout_mailbox_id == 1
    assert complete.test_address == "test@desk.example"


def test_wrong_answers_are_asked_again(
    servers: tuple[Simulator, Simulator], tmp_path: Path
) -> None:
    gmail, desk = servers
    with Terminal(tmp_path, gmail) as terminal:
        terminal.answer("Address of the mailbox", "nonsense")
        terminal.answer("Address of the mailbox", "support@desk.example")
        terminal.answer("Short name of it", "Has Blanks")
        terminal.answer("Short name of it", "help")
        terminal.answer("Address of FreeScout", "http://desk.example")
        terminal.answer("must be https", "")
        terminal.answer("Address of FreeScout", desk.url)
        terminal.answer("API key (not shown)", "wrong")
        terminal.answer("Address of FreeScout", desk.url)
        terminal.answer("API key (not shown)", KEY)
        terminal.answer("Number", "99")
        terminal.answer("Number", "1")
        terminal.answer("Number", "1")
        terminal.answer("Test address", "")
        terminal.answer("Number", "2")
        terminal.answer("Key file", str(tmp_path / "missing.json"))
        account = tmp_path / "service.json"
        account.write_text("{}")
        terminal.answer("Key file", str(account))
        assert terminal.end() == 0, terminal.shown
    mailbox = load(Settings, tmp_path / "csm.toml").mailbox["help"]
    assert mailbox.gmail.service_account_file == account
    assert mailbox.test_address is None
    assert "gmail auth" not in terminal.shown.partition("Next:")[2]


@pytest.mark.parametrize(("reply", "is_replaced"), [("n", False), ("y", True)])
def test_nothing_is_replaced_without_asking(
    servers: tuple[Simulator, Simulator], tmp_path: Path, *, reply: str, is_replaced: bool
) -> None:
    gmail, desk = servers
    config = tmp_path / "csm.toml"
    config.write_text("# mine\n")
    with Terminal(tmp_path, gmail) as terminal:
        terminal.first_answers(desk)
        terminal.answer("Replace it?", reply)
        assert terminal.end() == (0 if is_replaced else 1)
    assert (config.read_text() != "# mine\n") == is_replaced
    assert (tmp_path / "secrets" / "freescout-api-key").exists() == is_replaced
