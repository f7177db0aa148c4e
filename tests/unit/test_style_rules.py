"""House rules that no linter knows, checked over the source tree; each one is shown to bite."""

import ast
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_FOLDERS = ("libs", "services", "tests/simulators")

# Only the bus knows stream, id and acknowledgement; a bare publish to a missing stream is lost.
MAY_CALL_PUBLISH = {"libs/common/src/csm/bus.py"}
# A re-publish without a bucket is swallowed by the duplicate window, so only the bus, the outbox
# and the work rows, which compute the bucket, may publish an event.
MAY_PUBLISH_EVENTS = {f"libs/common/src/csm/{name}.py" for name in ("bus", "outbox", "work")}
GUARDED_CALLS = {"publish_event", "publish_raw"}
VAGUE = {"helper", "util", "manager", "processor", "item", "data", "info", "misc"}
# name -> why it cannot be chosen freely
FORCED_NAMES: dict[str, str] = {
    "handle_data": "html.parser calls it",
    "data_received": "asyncio calls it",
}
FILE_LINES = 400
FUNCTION_LINES = 60  # without the docstring
BROAD = {"Exception", "BaseException"}
# (path, text) -> why the text is not what the rule looks for
HARMLESS_TEXT: dict[tuple[str, str], str] = {
    ("tests/e2e/test_acceptance_hostile.py", "#" + "0"): "CSM_CRASH_AT: at every pass",
}

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_EXCUSED = re.compile(r"#\s*noqa: BLE001[\s#,:;-]+[^\W_]{2,}\s+\S")
# Put together here, so that this file itself does not hold what it forbids.
_REGISTRIES = "|".join(("py" + "pi", "python" + "hosted", "np" + "mjs", "crates"))
# "[#12]" is FreeScout's conversation number in a subject, "&#39;" a character of HTML.
FORBIDDEN_TEXT = {
    "issue number": re.compile(
        r"(?<![\[&\w/])#\d{1,5}(?![\w-])|\bissues?[ -]#?\d+\b", re.IGNORECASE
    ),
    "path of one machine": re.compile("/" + "work" + "/"),
    "host of a package registry": re.compile(
        rf"\b({_REGISTRIES})\.(org|io|com|python)\b", re.IGNORECASE
    ),
}
# Three, four or six digits behind a colon or a blank, closed by ";" or a quote, are a colour.
_COLOUR = re.compile(r"(?<=[:\s\"'])#(\d{3,4}|\d{6})(?=[;\"'\s}])")
_MAY_HOLD_COLOURS = {".html", ".css", ".svg"}


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root (posix), its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    def line(self, number: int) -> str:
        """Line `number`, counted from 1."""
        return self.text.splitlines()[number - 1]


Rule = Callable[[Source], Iterator[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def source(text: str, path: str = "services/x/src/x/app.py") -> Source:
    return Source(path, text, ast.parse(text))


def calls(file: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(file.tree) if isinstance(node, ast.Call))


def functions(file: Source) -> Iterator[Function]:
    return (node for node in ast.walk(file.tree) if isinstance(node, Function))


def called_name(call: ast.Call) -> str:
    """`f` of f(), a.f() and a.b.f(); empty for anything else that can be called."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def direct_publish(file: Source) -> Iterator[str]:
    """`anything.publish(...)`, whatever the broker or JetStream context is called."""
    if file.path not in MAY_CALL_PUBLISH:
        for call in calls(file):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "publish":
                yield f"{file.path}:{call.lineno} publishes past csm.bus"


def unbucketed_publish(file: Source) -> Iterator[str]:
    if file.path not in MAY_PUBLISH_EVENTS:
        for call in calls(file):
            if (name := called_name(call)) in GUARDED_CALLS:
                yield f"{file.path}:{call.lineno} calls {name}: write an outbox or work row instead"


def vague_names(file: Source) -> Iterator[str]:
    """The file's own name and those of its classes and functions."""
    named = [(Path(file.path).stem, 1)]
    nodes = (node for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef | Function))
    named.extend((node.name, node.lineno) for node in nodes)
    for name, line in named:
        if name not in FORCED_NAMES and (found := vague_words(name)):
            yield f"{file.path}:{line} {name} says nothing: {', '.join(sorted(found))}"


def vague_words(name: str) -> set[str]:
    """The forbidden words among the parts of a snake or camel case name, plurals included."""
    parts = {part.lower() for part in _WORDS.findall(name)}
    return {word for word in VAGUE if word in parts or f"{word}s" in parts}


def long_files(file: Source) -> Iterator[str]:
    if (length := len(file.text.splitlines())) > FILE_LINES:
        yield f"{file.path} has {length} lines, more than {FILE_LINES}"


def long_functions(file: Source) -> Iterator[str]:
    for function in functions(file):
        length = lines_of(function) - docstring_lines(function)
        if length > FUNCTION_LINES:
            yield f"{file.path}:{function.lineno} {function.name} has {length} lines"


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def docstring_lines(function: Function) -> int:
    documented = ast.get_docstring(function) is not None
    return lines_of(function.body[0]) if documented else 0


def broad_excepts(file: Source) -> Iterator[str]:
    """`except:`, `except Exception` and `suppress(Exception)` without a reason on their line."""
    nodes = (node for node in ast.walk(file.tree) if isinstance(node, ast.ExceptHandler | ast.Call))
    for node in nodes:
        if is_broad(node) and not _EXCUSED.search(file.line(node.lineno)):
            yield f"{file.path}:{node.lineno} catches everything without saying why"


def is_broad(node: ast.ExceptHandler | ast.Call) -> bool:
    match node:
        case ast.ExceptHandler(type=None):
            return True
        case ast.ExceptHandler(type=ast.Tuple(elts=caught)):
            return any(names_everything(each) for each in caught)
        case ast.ExceptHandler(type=ast.expr() as caught):
            return names_everything(caught)
        case ast.Call(args=caught) if called_name(node) == "suppress":
            return any(names_everything(each) for each in caught)
    return False


def names_everything(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in BROAD


def forbidden_text(path: str, text: str) -> Iterator[str]:
    """Every line that names an issue, a path of one machine or a package registry."""
    for number, line in enumerate(text.splitlines(), start=1):
        shown = _COLOUR.sub("", line) if Path(path).suffix in _MAY_HOLD_COLOURS else line
        for what, pattern in FORBIDDEN_TEXT.items():
            found = pattern.search(shown)
            if found and (path, found[0]) not in HARMLESS_TEXT:
                yield f"{path}:{number} {what}: {found[0]}"


RULES: dict[str, Rule] = {
    "no publish past the bus": direct_publish,
    "no event past the outbox": unbucketed_publish,
    "no vague names": vague_names,
    "short files": long_files,
    "short functions": long_functions,
    "no broad except": broad_excepts,
}


@cache
def sources() -> list[Source]:
    """All shipped code but schema revisions, which are as long as the tables they make."""
    found = [file for folder in SOURCE_FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    files = [file for file in found if file.parent.name != "versions"]
    return [source(file.read_text("utf-8"), file.relative_to(ROOT).as_posix()) for file in files]


def project_texts() -> Iterator[tuple[str, str]]:
    """Path and text of each file that is tracked or would be (not ignored); no binary ones."""
    git = shutil.which("git")
    assert git, "git lists the project's files"
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    for path in filter(None, listed.stdout.decode().split("\0")):
        file = ROOT / path
        raw = file.read_bytes() if file.is_file() else b"\0"  # deleted, but not yet in git
        if b"\0" not in raw:
            yield path, raw.decode("utf-8", "replace")


@pytest.mark.parametrize("rule", RULES)
def test_the_source_tree_keeps(rule: str) -> None:
    assert [broken for file in sources() for broken in RULES[rule](file)] == []


def test_no_file_names_an_issue_a_machine_or_a_registry() -> None:
    assert [broken for path, text in project_texts() for broken in forbidden_text(path, text)] == []


def test_the_walk_sees_the_whole_tree() -> None:
    seen = {file.path for file in sources()}
    assert seen >= MAY_CALL_PUBLISH | MAY_PUBLISH_EVENTS
    assert "tests/simulators/src/simulators/__init__.py" in seen
    assert any(path.startswith("services/gmail_ingest/") for path in seen)
    assert "tests/unit/test_style_rules.py" in {path for path, _ in project_texts()}


def body(lines: int, docstring: int = 0) -> str:
    quoted = '    """' + "text\n" * docstring + '    """\n' if docstring else ""
    return "def run():\n" + quoted + "    x = 1\n" * (lines - 1)


BITES = [
    ("no publish past the bus", "await broker.publish(b'', 'a')"),
    ("no publish past the bus", "client.jetstream().publish('a', b'')"),
    ("no event past the outbox", "await publish_event(bus, event)"),
    ("no event past the outbox", "bus.publish_event(event, bucket='r1')"),
    ("no vague names", "class MailHelper: ..."),
    ("no vague names", "def parse_data(): ..."),
    ("no vague names", "async def HTTPInfo(): ..."),
    ("no vague names", "class A:\n    def text_utils(self): ..."),
    ("short files", "x = 1\n" * 401),
    ("short functions", body(61)),
    ("short functions", "class A:\n" + "".join(f"    {line}\n" for line in body(61).splitlines())),
    ("no broad except", "try: ...\nexcept Exception: ..."),
    ("no broad except", "try: ...\nexcept: ..."),
    ("no broad except", "try: ...\nexcept (ValueError, BaseException): ..."),
    ("no broad except", "try: ...\nexcept builtins.Exception: ..."),
    ("no broad except", "try: ...\nexcept Exception:  # noqa: BLE001\n    ..."),
    ("no broad except", "with contextlib.suppress(Exception): ..."),
]
PASSES = [
    ("no publish past the bus", "await self._publish(event)\npublish(event)"),
    ("no event past the outbox", "Relay(database, publish_event)"),
    ("no vague names", "class Database: ...\ndef metadata(): ...\ndef informed(): ..."),
    ("short files", "x = 1\n" * 400),
    ("short functions", body(60, docstring=9)),
    ("no broad except", "try: ...\nexcept ValueError: ..."),
    ("no broad except", "try: ...\nexcept Exception:  # noqa: BLE001  # the edge of it\n    ..."),
    ("no broad except", "with suppress(KeyError): ..."),
]


@pytest.mark.parametrize(("rule", "text"), BITES)
def test_a_planted_offence_is_found(rule: str, text: str) -> None:
    assert len(list(RULES[rule](source(text)))) == 1


@pytest.mark.parametrize(("rule", "text"), PASSES)
def test_what_only_looks_like_an_offence_passes(rule: str, text: str) -> None:
    assert list(RULES[rule](source(text))) == []


def test_every_rule_has_a_planted_offence() -> None:
    assert {rule for rule, _ in BITES} == {rule for rule, _ in PASSES} == set(RULES)


def test_the_bus_may_publish() -> None:
    bus = source("stream.publish(b'')\npublish_event(x)", next(iter(MAY_CALL_PUBLISH)))
    assert list(direct_publish(bus)) == list(unbucketed_publish(bus)) == []


def test_a_vague_file_name_is_found() -> None:
    assert list(vague_names(source("", "libs/common/src/csm/mail_utils.py")))


@pytest.mark.parametrize(
    "text",
    [
        "# see #" + "12",
        "fixes (#" + "7)",
        "as issue" + " 3 asks",
        "Issue" + "-14",
        "open('/" + "work/main/x')",
        "https://py" + "pi.org/simple",
        "files.python" + "hosted.org",
        "test.py" + "pi.org",
    ],
)
def test_planted_text_is_found(text: str) -> None:
    assert len(list(forbidden_text("docs/x.md", text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[#4711] New conversation",
        "&#39;",
        "#!/bin/sh",
        "a/b#1-shape",
        "# 12 lines",
        "an issue",
        "w/work",
    ],
)
def test_text_that_only_looks_forbidden_passes(text: str) -> None:
    assert list(forbidden_text("docs/x.md", text)) == []


def test_a_colour_is_no_issue_number_in_a_page() -> None:
    style = "color: #" + "333; background:#" + "111111;"
    assert list(forbidden_text("pages/x.html", style)) == []
    assert list(forbidden_text("pages/x.html", "see #" + "333")) != []
