"""Fixtures of the integration tests."""

from collections.abc import AsyncIterator

import pytest

from csm.bus import (
    Broker,
    jetstream,
)
from csm.streams import provision
from csm_cli.embedded_nats import EmbeddedNats
from mail_writer import TIMING, connected


@pytest.fixture
async def broker(nats: EmbeddedNats) -> AsyncIterator[Broker]:
    """A connected broker on a provisioned server."""
    async with connected(nats) as broker:
        await provision(jetstream(broker), TIMING)
        yield broker
