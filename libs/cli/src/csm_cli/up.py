"""`csm up`: NATS and every service on this machine, as children that end with us."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from csm.settings import EXIT_CONFIG, CommonSettings, is_loopback
from csm.streams import ProvisioningError
from csm_cli.children import Child, ChildConfigError
from csm_cli.embedded_nats import EmbeddedNats, EmbeddedNatsError
from csm_cli.provisioning import provision
from csm_cli.services import names
from csm_cli.terminal import CommandFailedError, Say

# Seconds between two looks at our NATS server.
_BUS_LOOK = 1.0


async def up(services: Sequence[CommonSettings], config: Path, say: Say) -> None:
    """Run until cancelled. Raises CommandFailedError, code 78 for refused settings."""
    settings = services[0]
    bus = EmbeddedNats(settings.state_dir.resolve() / "nats", local_port(settings.nats.url))
    try:
        bus.start()
        say(f"NATS listens on {bus.url}, log {bus.log_path}")
        for line in await provision(*services):
            say(line)
        children = _children(settings, config, say)
        say("Ctrl-C stops everything")
        await _serve(children, bus)
    except (EmbeddedNatsError, ProvisioningError) as error:
        raise CommandFailedError(str(error)) from error
    finally:
        bus.stop()


def local_port(url: str) -> int:
    """The port for our own NATS; raises CommandFailedError when settings name another server."""
    if not is_loopback(url) or not url.startswith("nats://"):
        raise CommandFailedError(
            f"nats.url: {url} is not this machine, and csm up brings its own NATS. To use that "
            "server run `csm provision` and start each service with `python -m "
            f"{names()[0]}`; for csm up write nats://127.0.0.1:4222"
        )
    return urlsplit(url).port or 4222


def _children(settings: CommonSettings, config: Path, say: Say) -> list[Child]:
    folder = settings.state_dir.resolve() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    children = []
    for service in names():
        log = folder / f"{service}.log"
        command = [sys.executable, "-m", service]
        children.append(Child(service, command, log, {"CSM_CONFIG": str(config.resolve())}))
        say(f"{service} starts, log {log}")
    return children


async def _serve(children: Sequence[Child], bus: EmbeddedNats) -> None:
    begun = {child.name: _size(child.log) for child in children}
    tasks = [asyncio.create_task(child.run()) for child in children]
    tasks.append(asyncio.create_task(_keep_running(bus)))
    try:
        await asyncio.gather(*tasks)
    except ChildConfigError as error:
        refused = [line for child in children for line in _refusals(child.log, begun[child.name])]
        raise CommandFailedError("\n".join([*refused, str(error)]), EXIT_CONFIG) from None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_running(bus: EmbeddedNats) -> None:
    """Start NATS again when it ended by itself; the services connect again without help."""
    while True:
        await asyncio.sleep(_BUS_LOOK)
        if not bus.is_running:
            bus.restart()


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _refusals(log: Path, start: int) -> list[str]:
    """What a service said of its settings in this life: the log may be older than we are."""
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").splitlines()
    return list(dict.fromkeys(line for line in lines if line.startswith("config error:")))
