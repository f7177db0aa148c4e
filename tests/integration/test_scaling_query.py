"""KEDA's question to NATS is answered for every ScaledObject, and follows the backlog."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from csm.bus import Broker, jetstream, publish_event
from csm.contracts import ConversationUpdated
from csm_cli.embedded_nats import EmbeddedNats

ROOT = Path(__file__).parents[2]
TRIGGERS: list[dict[str, str]] = [
    trigger["metadata"]
    for file in sorted((ROOT / "deploy/k8s").rglob("*.yaml"))
    for one in yaml.safe_load_all(file.read_text())
    if one and one["kind"] == "ScaledObject"
    for trigger in one["spec"]["triggers"]
]
BACKLOG = 40


def lag(nats: EmbeddedNats, trigger: dict[str, str]) -> int:
    """As KEDA's nats-jetstream scaler reckons it: waiting and in work, of the named consumer."""
    query = {"acc": trigger["account"], "consumers": "true", "config": "true"}
    answer = httpx.get(f"{nats.monitor_url}/jsz", params=query, trust_env=False).json()
    (account,) = answer["account_details"]
    assert account["name"] == trigger["account"]
    streams: list[Any] = account["stream_detail"]
    (stream,) = [one for one in streams if one["name"] == trigger["stream"]]
    (consumer,) = [c for c in stream["consumer_detail"] if c["name"] == trigger["consumer"]]
    return int(consumer["num_pending"] + consumer["num_ack_pending"])


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda t: t["consumer"])
async def test_the_lag_follows_a_backlog_up_and_down(
    nats: EmbeddedNats, broker: Broker, trigger: dict[str, str]
) -> None:
    assert lag(nats, trigger) == 0
    for number in range(1, BACKLOG + 1):
        await publish_event(broker, ConversationUpdated(conversation_id=number, cause="poll"))
    assert lag(nats, trigger) == BACKLOG
    js = jetstream(broker)
    puller = await js.pull_subscribe_bind(trigger["consumer"], trigger["stream"])
    taken = await puller.fetch(BACKLOG // 2, timeout=5)
    # In work still counts: a pod that works must not be taken away.
    assert lag(nats, trigger) == BACKLOG
    for message in taken:
        await message.ack_sync()
    assert lag(nats, trigger) == BACKLOG - len(taken)
    while lag(nats, trigger):
        for message in await puller.fetch(BACKLOG, timeout=5):
            await message.ack_sync()
