"""What must exist before a service starts: install key, schemas, streams and durables."""

import nats
from nats.errors import Error as NatsError

from csm import install, streams
from csm.db import DatabaseUnavailableError
from csm.settings import CommonSettings
from csm.streams import ProvisioningError
from csm_cli.terminal import CommandFailedError
from gmail_ingest import app as gmail_ingest
from gmail_ingest.settings import Settings as GmailIngestSettings


async def provision(settings: GmailIngestSettings, replicas: int = 1) -> list[str]:
    """Make what is missing, one line per change; safe to repeat.

    Raises ProvisioningError when database or bus cannot be reached, or would lose data.
    """
    done = await provision_state(settings)
    return done + await provision_bus(settings, replicas)


async def provisioned(settings: GmailIngestSettings, replicas: int) -> list[str]:
    """`provision` for a command: raises CommandFailedError in words."""
    try:
        return await provision(settings, replicas)
    except ProvisioningError as error:
        raise CommandFailedError(str(error)) from error


async def provision_state(settings: GmailIngestSettings) -> list[str]:
    """Install key and database schemas; raises ProvisioningError when a database is away."""
    done = []
    if install.make_key(settings.install_key_path):
        done.append(f"install key made: {settings.install_key_path} (back it up)")
    try:
        before, now = await gmail_ingest.migrate(settings)
    except DatabaseUnavailableError as error:
        raise ProvisioningError(f"gmail_ingest.database_url: {error}") from error
    if before != now:
        done.append(f"gmail_ingest schema: {before or 'empty'} -> {now}")
    return done


async def provision_bus(settings: CommonSettings, replicas: int) -> list[str]:
    """Streams and durables as the code declares them."""
    try:
        client = await nats.connect(
            settings.nats.url, max_reconnect_attempts=1, reconnect_time_wait=0.1, connect_timeout=3
        )
    except (NatsError, OSError, TimeoutError) as error:
        raise ProvisioningError(
            f"nats.url: {settings.nats.url} does not answer ({type(error).__name__})"
        ) from error
    try:
        return await streams.provision(client.jetstream(), settings.timing, replicas)
    finally:
        await client.close()
