"""All that notices a message, at once: gateway, classifier and draft_writer, webhooks on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from classifier.settings import Settings as Classifier
from csm.contracts import ConversationUpdated
from csm.streams import CLASSIFIER
from desk_client import create
from doorbell import address, takes_webhooks
from drafting import QUESTION, Case, Drafting, drafting_on
from player import Player
from simulators.freescout.events import EVENTS
from stage import Stage
from webhook_gateway.settings import Settings as Gateway

OLD = 30
WAYS = ("gmail", "webhook", "poll", "sweep")


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a test does and sees."""

    drafting: Drafting
    gateway: Player
    classifier: Player

    @property
    def services(self) -> tuple[Player, ...]:
        """All three."""
        return (self.gateway, self.classifier, self.drafting.writer)

    async def live(self) -> None:
        """Start all and let FreeScout ring for every event."""
        self.classifier.live()
        await self.classifier.until(lambda: self.classifier.rows("SELECT 1 FROM watermark") != [])
        self.gateway.live()
        await self.drafting.begin()
        body = {"url": f"{await address(self.gateway)}/freescout", "events": list(EVENTS)}
        assert self.drafting.desk.post("/api/webhooks", json=body).status_code == 201
        while not await self.gateway.answers("status"):
            assert self.gateway.deaths() == []

    def writes(self) -> int:
        """Requests that changed something in FreeScout."""
        return self.drafting.stage.requests("POST") + self.drafting.stage.requests("PUT")

    async def at_rest(self) -> None:
        """Wait until no webhook travels, no event waits, nothing is owed."""
        stage = self.drafting.stage

        def are_settled() -> bool:
            deliveries = stage.desk.get("webhooks")["deliveries"]
            return all(d["state"] not in ("queued", "sending") for d in deliveries) and all(
                "wanted" not in one.states() and one.rows("SELECT 1 FROM outbox") == []
                for one in self.services
            )

        async def pending() -> int:
            state = await self.drafting.bus.consumer_info("CONV", CLASSIFIER.name)
            return int(state.num_pending or 0) + int(state.num_ack_pending or 0)

        await self.gateway.until(are_settled)
        while await pending():
            assert self.classifier.deaths() == []
        await self.gateway.until(are_settled)

    def case(self) -> Case:
        """A customer writes, now."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        threads = [{"type": "customer", "text": QUESTION, "createdAt": now}]
        return Case(self.drafting, create(self.drafting.desk, threads=threads, status="active"))

    def verdicts(self, case: Case) -> list[tuple[Any, ...]]:
        """Final verdicts on its message."""
        query = "SELECT thread_id FROM verdict WHERE state = 'final' AND conversation_id = ?"
        return self.classifier.rows(query, case.id)


@pytest.fixture
async def noticed(stage: Stage) -> AsyncIterator[Noticed]:
    sections = {"webhook_gateway": takes_webhooks(stage.folder)}
    async with drafting_on(stage, sections) as drafting:
        gateway = await stage.join("webhook_gateway", Gateway)
        classifier = await stage.join("classifier", Classifier)
        yield Noticed(drafting, gateway, classifier)


def notes_of(case: Case) -> int:
    """Notes with a verdict; how a draft was made is said in another one."""
    return len(case.notes()) - len(case.notes("About the draft"))


@pytest.mark.proof
@pytest.mark.timeout(180)
@pytest.mark.promise("one-verdict", "one-draft")
async def test_however_often_a_message_is_noticed_it_is_judged_once(noticed: Noticed) -> None:
    """FreeScout rings, the poll looks, a sweep hints, and each hint comes in every order twice."""
    await noticed.live()
    cases = [noticed.case() for _ in range(len(list(permutations(WAYS))))]
    for order, case in zip(permutations(WAYS), cases, strict=True):
        for number, cause in enumerate((*order, *order)):
            hint = ConversationUpdated(
                conversation_id=case.id, customer_thread_id=case.newest(), cause=cause
            )
            await noticed.drafting.publish(hint, again=f"r{number}")
    await noticed.gateway.ask("reconcile")
    await noticed.gateway.until(lambda: all(len(case.drafts()) == 1 for case in cases))
    await noticed.at_rest()
    written = noticed.writes()
    await noticed.gateway.ask("reconcile")
    await noticed.at_rest()
    assert noticed.writes() == written
    seen = [(len(noticed.verdicts(c)), notes_of(c), len(c.drafts())) for c in cases]
    assert seen == [(1, 1, 1)] * len(cases)


@pytest.mark.timeout(180)
@pytest.mark.promise("one-verdict", "human-wins")
async def test_bulk_deeds_on_what_is_old_cause_no_verdict_and_no_write(noticed: Noticed) -> None:
    old = [create(noticed.drafting.desk, subject=f"Old {n}", status="active") for n in range(OLD)]
    await noticed.live()
    await noticed.at_rest()
    written = noticed.writes()
    stage = noticed.drafting.stage

    def deeds() -> None:
        for number in old:
            stage.desk.post("assign", conversation_id=number, user=2, assignee=2)
            stage.desk.post("status", conversation_id=number, user=2, status="closed")
        for source, target in zip(old[::2], old[1::2], strict=True):
            stage.desk.post("merge", source=source, target=target, user=2)

    await asyncio.to_thread(deeds)
    await noticed.at_rest()
    assert noticed.writes() == written
    assert noticed.classifier.rows("SELECT 1 FROM verdict WHERE state = 'final'") == []
    received = noticed.gateway.rows("SELECT count(*) FROM delivery")[0][0]
    assert received >= 2 * OLD
