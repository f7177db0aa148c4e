"""Fails when requirements.lock no longer matches the pyproject files.

Resolves again with every pin of the lock as a constraint, in a copy of the pyproject files: a new
release elsewhere changes nothing, a changed dependency does.
"""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sysconfig.get_path("scripts")) / "uv"
# file -> how uv writes it
LOCKS = {
    "requirements.lock": ("--all-packages", "--no-emit-workspace"),
    "requirements-bootstrap.lock": ("--only-group", "bootstrap"),
    "requirements-ship.lock": ("--only-group", "ship"),
}
# Seconds: a slow index answers about 100 small requests in this time.
_PATIENCE = 300

_PIN = re.compile(r"^(?P<requirement>[\w.-]+==[^\s;]+(?: ; [^\\\n]+?)?)(?: \\)?$", re.MULTILINE)
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Lock:
    """The pins of a lock file, each with its hashes."""

    pins: dict[str, frozenset[str]]

    @classmethod
    def of(cls, text: str) -> "Lock":
        """Read a file as `uv export` writes it; comments do not count."""
        found = list(_PIN.finditer(text))
        ends = [*(match.start() for match in found[1:]), len(text)]
        parts = zip(found, ends, strict=True)
        return cls(
            {m["requirement"]: frozenset(_HASH.findall(text, m.end(), end)) for m, end in parts}
        )


def differences(committed: Lock, fresh: Lock) -> list[str]:
    """What a person must know. Hashes may be added upstream later, so `fresh` may have more."""
    missing = [f"not locked: {pin}" for pin in fresh.pins.keys() - committed.pins.keys()]
    useless = [f"not needed: {pin}" for pin in committed.pins.keys() - fresh.pins.keys()]
    both = committed.pins.keys() & fresh.pins.keys()
    foreign = [
        f"foreign or no hash: {pin}"
        for pin in both
        if not committed.pins[pin] or committed.pins[pin] - fresh.pins[pin]
    ]
    return sorted(missing + useless + foreign)


def resolved(locks: dict[str, Lock]) -> dict[str, Lock]:
    """The same files made anew under the pins of `locks`."""
    pins = [pin for lock in locks.values() for pin in lock.pins]
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        copy_workspace(copy, pins)
        uv(copy, "lock")
        return {
            file: Lock.of(uv(copy, "export", "--frozen", "--no-header", *options))
            for file, options in LOCKS.items()
        }


def copy_workspace(copy: Path, pins: list[str]) -> None:
    """Every pyproject.toml of the workspace, with `pins` as constraints in the root's."""
    members = ("libs/*", "services/*", "tests/simulators")
    for member in members:
        for file in ROOT.glob(f"{member}/pyproject.toml"):
            target = copy / file.relative_to(ROOT)
            target.parent.mkdir(parents=True)
            shutil.copyfile(file, target)
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    head, table, rest = text.partition("[tool.uv]\n")
    constraints = f"constraint-dependencies = {json.dumps(pins)}\n"
    (copy / "pyproject.toml").write_text(head + table + constraints + rest, "utf-8")


def uv(folder: Path, *arguments: str) -> str:
    """Run uv in `folder`; ends the program with uv's own words when it fails."""
    run = subprocess.run(  # noqa: S603  # the uv of our own environment
        [UV, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )
    if run.returncode:
        sys.exit(f"{run.stderr}requirements.lock does not match the pyproject files: make lock")
    return run.stdout


def main() -> None:
    """Compare; exit 1 naming every difference."""
    committed = {file: Lock.of((ROOT / file).read_text("utf-8")) for file in LOCKS}
    fresh = resolved(committed)
    wrong = [
        f"{file}: {difference}"
        for file in LOCKS
        for difference in differences(committed[file], fresh[file])
    ]
    if wrong:
        sys.exit("\n".join([*wrong, "the lock does not match the pyproject files: make lock"]))
    pins = sum(len(lock.pins) for lock in committed.values())
    sys.stdout.write(f"{pins} pins match the pyproject files\n")


if __name__ == "__main__":
    main()
