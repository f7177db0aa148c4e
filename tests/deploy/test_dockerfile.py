"""The Dockerfile: clean, a target per service, every base an argument; and its health check."""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from csm.probe import ask
from csm_cli.roles import ROLES
from csm_cli.services import names
from simulators.serve import running

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def targets() -> dict[str, str]:
    """Stage name to its lines."""
    parts = re.split(r"^FROM \S+(?: AS (\S+))?$", DOCKERFILE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(
    "path", [ROOT / "Dockerfile", *sorted((ROOT / ".ci/images").glob("*.Dockerfile"))],
    ids=lambda path: path.name,
)  # fmt: skip
def test_hadolint_finds_nothing(path: Path) -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    run = subprocess.run(  # noqa: S603 - the hadolint of our own environment
        [hadolint, path], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("service", names())
def test_each_service_has_a_target_that_runs_it_and_probes_its_port(service: str) -> None:
    lines = targets()[service]
    port = ROLES[service].port
    assert f'ENTRYPOINT ["python", "-m", "{service}"]' in lines
    assert f'"csm.probe", "{port}"' in lines
    listens = [str(one) for one in (port, ROLES[service].webhook_port) if one]
    assert f"EXPOSE {' '.join(listens)}\n" in lines
    assert f"/wheels/{service}-*.whl" in targets()[f"install-{service}"]


def test_every_image_comes_from_the_one_argument_and_runs_as_nobody() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)
    assert set(bases) == {"${PYTHON_IMAGE}", "build", "runtime"}
    assert not re.search(r"--from=\S*[/:]|^# *syntax", DOCKERFILE, flags=re.MULTILINE)
    assert "USER 10001:10001" in targets()["runtime"]
    assert "USER" not in "".join(lines for name, lines in targets().items() if name != "runtime")


def test_simulators_are_in_no_other_image() -> None:
    with_all = [name for name, lines in targets().items() if "/wheels/*.whl" in lines]
    assert with_all == ["install-cli"]
    assert "rm /wheels/simulators-*.whl" in targets()["install-cli"]


def test_the_probe_tells_a_ready_service_from_one_that_is_not() -> None:
    async def ready(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("fine")

    async def alive(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("hangs", 500)

    routes = [Route("/readyz", ready), Route("/livez", alive)]
    with running(Starlette(routes=routes)) as url:
        port = int(url.rpartition(":")[2])
        assert ask(port) == (True, "fine")
        assert ask(port, "livez") == (False, "hangs")
    assert ask(port) == (False, f"port {port} does not answer: ConnectionRefusedError")
