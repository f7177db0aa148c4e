"""What must exist before a service starts: install key, schemas, streams and durables."""

from collections.abc import Sequence

import nats
from nats.errors import Error as NatsError

from csm import bus_keys, install, service, streams
from csm.db import DatabaseUnavailableError
from csm.settings import CommonSettings
from csm.streams import ProvisioningError
from csm_cli.terminal import CommandFailedError


async def provision(*services: CommonSettings, replicas: int = 1) -> list[str]:
    """Make what is missing for the services, one line per change; safe to repeat.

    Raises ProvisioningError when a database or the bus cannot be reached, or would lose data.
    """
    done = [line for settings in services for line in await provision_state(settings)]
    return done + await provision_bus(services[0], replicas)


async def provisioned(services: Sequence[CommonSettings], replicas: int) -> list[str]:
    """`provision` for a command: raises CommandFailedError in words."""
    try:
        return await provision(*services, replicas=replicas)
    except ProvisioningError as error:
        raise CommandFailedError(str(error)) from error


async def provision_state(settings: CommonSettings) -> list[str]:
    """Install key and schema of one service; raises ProvisioningError when a database is away."""
    done = []
    name = settings.section
    if install.make_key(settings.install_key_path):
        done.append(f"install key made: {settings.install_key_path} (back it up)")
    try:
        before, now = await service.migrate(settings, name)
    except DatabaseUnavailableError as error:
        raise ProvisioningError(f"{name}.database_url: {error}") from error
    if before != now:
        done.append(f"{name} schema: {before or 'empty'} -> {now}")
    return done


async def provision_bus(settings: CommonSettings, replicas: int) -> list[str]:
    """Streams and durables as the code declares them."""
    try:
        client = await nats.connect(
            **bus_keys.options(settings.nats, bus_keys.PROVISIONER),
            max_reconnect_attempts=1, reconnect_time_wait=0.1, connect_timeout=3,
        )  # fmt: skip
    except (NatsError, OSError, TimeoutError) as error:
        raise ProvisioningError(
            f"nats.url: {settings.nats.url} does not answer ({type(error).__name__})"
        ) from error
    try:
        return await streams.provision(client.jetstream(), settings.timing, replicas)
    finally:
        await client.close()
