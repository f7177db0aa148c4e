"""deploy/systemd: units that systemd accepts, hardened, ended in time, not restarted in vain."""

import shutil
import subprocess
from pathlib import Path

import pytest

from csm_cli.services import names
from deployment import ROOT, foreign_variables

FOLDER = ROOT / "deploy/systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
SERVING = ("csm.service", "csm@.service")
# systemd-analyze's measure: 0 nothing can be done, 10 everything.
MOST_EXPOSED = 2.5


def options(unit: str) -> dict[str, list[str]]:
    """Values by option, as they stand there."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / unit).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """systemd-analyze, where there is one."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine: units are read, not verified")
    return subprocess.run(  # noqa: S603 - systemd's own program on our own files
        [program, *arguments], capture_output=True, text=True, check=False
    )


def installed(folder: Path, unit: str) -> Path:
    """The unit with programs and accounts that are here: only paths of this machine differ."""
    text = (FOLDER / unit).read_text().replace("/opt/csm/.venv/bin/", "/usr/bin/")
    text = text.replace("/usr/bin/csm ", "/usr/bin/env ").replace("/usr/bin/python", "/usr/bin/env")
    path = folder / unit.replace("@", f"@{names()[0]}")
    path.write_text(text.replace("file:///opt/csm/docs/", "file:///"))
    return path


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_accepts_the_unit(unit: str, tmp_path: Path) -> None:
    run = analyze("verify", "--man=no", str(installed(tmp_path, unit)))
    ours = [line for line in run.stderr.splitlines() if "csm" in line]
    assert ours == []
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("unit", SERVING)
def test_a_taken_over_service_can_do_little(unit: str, tmp_path: Path) -> None:
    run = analyze(
        "security", "--offline=yes", f"--threshold={int(MOST_EXPOSED * 10)}",
        str(installed(tmp_path, unit)),
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:]


@pytest.mark.parametrize("unit", SERVING)
def test_a_unit_ends_in_time_and_is_not_restarted_over_wrong_settings(unit: str) -> None:
    found = options(unit)
    assert int(found["TimeoutStopSec"][0]) > 30
    assert found["Restart"] == ["always"]
    assert found["StartLimitIntervalSec"] == ["0"]
    assert found["RestartPreventExitStatus"] == ["78"]
    assert found["UMask"] == ["0077"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_sets_what_is_a_setting_and_no_secret(unit: str) -> None:
    pairs = [pair.split("=", 1) for line in options(unit)["Environment"] for pair in line.split()]
    environment = {name: value for name, value in pairs if name.startswith("CSM_")}
    assert environment
    for service in names():
        assert foreign_variables(service, environment) == []
