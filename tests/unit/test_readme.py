"""The README can be followed: its commands, make targets, paths and links exist."""

import re
import shlex
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest
import typer.main

from csm.alerts import Alert
from csm_cli.main import app
from promises import PROMISES

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCUMENTS = sorted(
    file.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "libs/*/README.md", "services/*/README.md")
    for file in ROOT.glob(pattern)
)
VERBS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
# Commands of others that a reader may be asked to have.
FOREIGN = {"gcloud"}

_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MAP = re.compile(r"^\| [^|]+ \| (`[^|]+`) \|$", re.MULTILINE)


def text_of(document: str) -> str:
    return (ROOT / document).read_text("utf-8")


def commands(text: str) -> list[list[str]]:
    """Every command of the shell blocks, and every inline `make ...` and `csm ...`."""
    lines = [
        line.strip()
        for block in _BLOCK.findall(text)
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip()
    ]
    inline = [one for one in _INLINE.findall(text) if one.startswith(("make ", "csm "))]
    return [shlex.split(line, comments=True) for line in (*lines, *inline)]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))


def exists(command: list[str]) -> bool:
    """Whether the command can be run after `make setup`."""
    name, *arguments = command
    if name == "make":
        return {one for one in arguments if "=" not in one} <= make_targets()
    if Path(name).name == "csm":
        return arguments[0] in VERBS
    return name in FOREIGN


def headings(document: str) -> set[str]:
    """Anchors as renderers of Markdown make them."""
    titles = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_readme_stays_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 150


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_exists(document: str) -> None:
    assert [command for command in commands(text_of(document)) if not exists(command)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    broken = []
    for link in _LINK.findall(text_of(document)):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (ROOT / document).parent / parts.path if parts.path else ROOT / document
        if not target.exists() or (parts.fragment and parts.fragment not in headings(str(target))):
            broken.append(link)
    assert broken == []


def test_every_path_of_the_map_exists() -> None:
    _, _, where = text_of("README.md").partition("## Where everything is")
    paths = [path for cell in _MAP.findall(where) for path in _INLINE.findall(cell)]
    assert len(paths) >= 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_readme_names_every_promise() -> None:
    assert set(re.findall(r"guarantees\.md#([a-z-]+)", text_of("README.md"))) == set(PROMISES)


def test_the_runbook_knows_every_alert() -> None:
    runbook = text_of("docs/operations.md")
    assert [alert for alert in get_args(Alert) if f"`{alert}`" not in runbook] == []


def test_files_that_a_reader_copies_exist() -> None:
    assert (ROOT / "csm.example.toml").is_file()


def test_planted_commands_are_found() -> None:
    text = "```sh\nmake coffee\n.venv/bin/csm brew --hot\n```\n`make tea`, `csm status`\n"
    wrong = [command for command in commands(text) if not exists(command)]
    assert wrong == [["make", "coffee"], [".venv/bin/csm", "brew", "--hot"], ["make", "tea"]]
