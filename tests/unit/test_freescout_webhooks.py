"""The FreeScout simulator's events and webhooks: what fires, signatures, tries, late payloads."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from desk_builders import (
    AGENT,
    BOT,
    START,
    Clock,
    customer_mail,
    events,
    later,
    message,
    note,
    opened,
)
from simulators.freescout import drafting, staff
from simulators.freescout.desk import Desk
from simulators.freescout.events import EVENTS
from simulators.freescout.installation import Installation
from simulators.freescout.records import (
    ConversationChange,
    CustomerRef,
    NewThread,
    RefusedError,
)
from simulators.freescout.webhooks import (
    RETRY_GAPS,
    TRIES,
    Attempt,
    Conduct,
    WebhookQueue,
    signature,
    webhook_secret,
)

URL = "http://127.0.0.1:9/freescout"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Installation:
    """An installation with one conversation and one webhook for everything from now on."""
    site = Installation(clock, seed=5)
    opened(site.desk)
    site.desk.events.fired.clear()
    site.webhooks.register(URL, EVENTS)
    return site


@pytest.fixture
def desk(site: Installation) -> Desk:
    return site.desk


@pytest.fixture
def queue(site: Installation) -> WebhookQueue:
    return site.webhooks


def attempts(queue: WebhookQueue, error: str | None = None) -> list[Attempt]:
    """Try everything that is due now, each with the same outcome."""
    tried = []
    while (attempt := queue.take()) is not None:
        queue.settle(attempt.delivery, error)
        tried.append(attempt)
    return tried


def names(tried: list[Attempt]) -> list[str]:
    return [attempt.headers["X-FreeScout-Event"] for attempt in tried]


def told(attempt: Attempt) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(attempt.body)
    return body


def texts(attempt: Attempt) -> list[str]:
    return [thread["body"] for thread in told(attempt)["_embedded"]["threads"]]


# --- which events fire


APPENDS: dict[str, tuple[NewThread, list[str]]] = {
    "customer": (customer_mail(), ["convo.customer.reply.created"]),
    "customer, not imported": (customer_mail(imported=False), ["convo.customer.reply.created"]),
    "note": (note(), ["convo.note.created"]),
    "note with status": (note(status="closed"), ["convo.status", "convo.note.created"]),
    "message": (message(imported=True), ["convo.agent.reply.created"]),
    "draft": (message(state="draft"), []),
}


@pytest.mark.parametrize(("new", "fired"), APPENDS.values(), ids=APPENDS.keys())
def test_the_apis_own_threads_fire_events(desk: Desk, new: NewThread, fired: list[str]) -> None:
    desk.append_thread(1, new)
    later(desk, 15)
    assert events(desk) == fired


DEEDS: dict[str, tuple[Callable[[Desk], object], list[str]]] = {
    "status": (lambda desk: change(desk, status="closed"), ["convo.status"]),
    "same status": (lambda desk: change(desk, status="active"), []),
    "assign": (lambda desk: change(desk, assign_to=AGENT), ["convo.assigned"]),
    "move": (lambda desk: change(desk, mailbox_id=2), ["convo.moved"]),
    "subject": (lambda desk: change(desk, subject="Other"), []),
    "tags": (lambda desk: desk.set_tags(1, ("lead",)), []),
    "fields": (lambda desk: desk.set_custom_fields(1, {1: "x"}), []),
    "note": (lambda desk: staff.note(desk, 1, "x", AGENT), ["convo.note.created"]),
    "delete": (lambda desk: staff.delete(desk, 1, AGENT), ["convo.deleted"]),
    "delete for ever": (lambda desk: desk.delete_forever(1), ["convo.deleted_forever"]),
    "own draft": (lambda desk: drafting.start(desk, 1, "x", AGENT), []),
    "reply": (
        lambda desk: staff.reply(desk, 1, "x", AGENT),
        ["convo.status", "convo.assigned", "convo.agent.reply.created"],
    ),
}


def change(desk: Desk, **changes: Any) -> None:
    desk.update_conversation(1, ConversationChange(by_user=BOT, **changes))


@pytest.mark.parametrize(("deed", "fired"), DEEDS.values(), ids=DEEDS.keys())
def test_deeds_fire_their_event_and_no_other(
    desk: Desk, deed: Callable[[Desk], object], fired: list[str]
) -> None:
    deed(desk)
    later(desk, 15)
    assert events(desk) == fired


def test_a_create_tells_the_new_customer_first_and_a_known_one_not(desk: Desk) -> None:
    opened(desk, customer=CustomerRef(email="eve@other.example"))
    assert events(desk) == ["customer.created", "convo.created"]
    opened(desk, customer=CustomerRef(email="eve@other.example", first_name="Eve"))
    assert events(desk)[2:] == ["customer.updated", "convo.created"]


def test_two_threads_in_one_create_are_two_creations_the_second_late(desk: Desk) -> None:
    opened(desk, threads=(message(imported=True), customer_mail()))
    assert events(desk) == ["convo.created"]
    later(desk, 15)
    assert events(desk) == ["convo.created", "convo.created"]


def test_a_restored_conversation_is_told_and_one_that_is_there_is_refused(desk: Desk) -> None:
    staff.delete(desk, 1, AGENT)
    staff.restore(desk, 1, AGENT)
    assert events(desk) == ["convo.deleted", "convo.restored"]
    assert desk.conversation(1).state == "published"
    with pytest.raises(RefusedError, match="not deleted"):
        staff.restore(desk, 1, AGENT)


def test_a_merge_tells_that_the_source_was_deleted(desk: Desk) -> None:
    target = opened(desk)
    desk.events.fired.clear()
    staff.merge(desk, 1, target.id, AGENT)
    assert [(event.name, event.subject_id) for event in desk.events.fired] == [("convo.deleted", 1)]


# --- who gets them


def test_only_known_events_are_registered(queue: WebhookQueue) -> None:
    webhook = queue.register(URL, ("convo.note.created", "convo.note", "thread.created"))
    assert webhook.events == ("convo.note.created",)


def test_a_webhook_gets_the_events_and_mailboxes_it_asked_for(site: Installation) -> None:
    queue = site.webhooks
    queue.remove(1)
    queue.register(f"{URL}/sales", ("convo.created", "customer.created"), (2,))
    queue.register(f"{URL}/notes", ("convo.note.created",))
    opened(site.desk, mailbox_id=2, customer=CustomerRef(email="eve@other.example"))
    opened(site.desk)
    site.desk.append_thread(1, note())
    found = [(attempt.url.rpartition("/")[2], told(attempt)["id"]) for attempt in attempts(queue)]
    assert found == [("sales", 2), ("sales", 2), ("notes", 1)]


def test_what_nobody_registered_is_404(queue: WebhookQueue) -> None:
    with pytest.raises(RefusedError) as refused:
        queue.remove(9)
    assert refused.value.status == 404


def test_a_removed_webhook_gets_nothing_more(desk: Desk, queue: WebhookQueue) -> None:
    desk.append_thread(1, note())
    queue.remove(1)
    assert attempts(queue) == []
    assert [delivery.state for delivery in queue.deliveries] == ["dropped"]


# --- what a delivery looks like


def test_the_secret_and_the_signature_are_freescouts() -> None:
    # Computed with md5sum and openssl.
    secret = webhook_secret("simulated-app-key")
    assert secret.encode() == b"a20e5466fb98887f41f31cb2674183ca"
    body = '{"id":1,"subject":"Grüße"}'.encode()
    assert signature(body, secret) == "vN7nPuD0hNhIBOdda4DQ+knxrv0="


def test_a_delivery_is_the_signed_conversation(desk: Desk, queue: WebhookQueue) -> None:
    desk.append_thread(1, note())
    (attempt,) = attempts(queue)
    assert attempt.url == URL
    assert attempt.headers["X-FreeScout-Event"] == "convo.note.created"
    assert attempt.headers["X-FreeScout-Signature"] == signature(attempt.body, queue.secret)
    assert told(attempt)["id"] == 1
    assert texts(attempt) == ["A note", "Hello"]
    (webhook,) = queue.webhooks.values()
    assert (webhook.last_run_time, webhook.last_run_error) == (START, None)


def test_a_customers_event_holds_the_customer(desk: Desk, queue: WebhookQueue) -> None:
    desk.customers.rename(desk.customers.get(1), "Jo", "Miller")
    (attempt,) = attempts(queue)
    assert (told(attempt)["type"], told(attempt)["lastName"]) == ("customer", "Miller")


# --- when it is tried


def test_ten_tries_over_about_two_hours_with_growing_gaps(
    desk: Desk, queue: WebhookQueue, clock: Clock
) -> None:
    desk.append_thread(1, note())
    times = [tried_at(queue, clock)]
    while queue.next_due() is not None:
        times.append(tried_at(queue, clock))
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps == list(RETRY_GAPS) == sorted(gaps)
    assert 1.8 * 3600 < sum(gaps) < 2.2 * 3600
    (delivery,) = queue.deliveries
    assert (delivery.state, delivery.tries, len(times)) == ("failed", 10, TRIES)
    assert delivery.errors == ["HTTP 500"] * 10
    assert queue.webhooks[1].last_run_error == "HTTP 500"


def tried_at(queue: WebhookQueue, clock: Clock) -> float:
    """Move to the next due time, let that try fail, return the time."""
    clock.seconds = queue.next_due() or clock.seconds
    assert len(attempts(queue, "HTTP 500")) == 1
    return clock.seconds


def test_the_gaps_can_be_scaled(desk: Desk, queue: WebhookQueue, clock: Clock) -> None:
    queue.conduct = Conduct(time_scale=0.001)
    desk.append_thread(1, note())
    while queue.next_due() is not None:
        tried_at(queue, clock)
    assert clock.seconds - START == pytest.approx(sum(RETRY_GAPS) / 1000, abs=1e-3)


def test_a_success_after_failures_ends_it(desk: Desk, queue: WebhookQueue, clock: Clock) -> None:
    desk.append_thread(1, note())
    attempts(queue, "ConnectError")
    assert queue.take() is None
    clock.seconds += RETRY_GAPS[0]
    attempts(queue)
    (delivery,) = queue.deliveries
    assert (delivery.state, delivery.tries, queue.next_due()) == ("delivered", 2, None)


def test_a_retry_comes_after_newer_events(desk: Desk, queue: WebhookQueue, clock: Clock) -> None:
    desk.append_thread(1, note())
    attempts(queue, "HTTP 503")
    desk.append_thread(1, customer_mail())
    assert names(attempts(queue)) == ["convo.customer.reply.created"]
    clock.seconds += RETRY_GAPS[0]
    assert names(attempts(queue)) == ["convo.note.created"]


# --- what goes wrong by itself


def test_a_lost_answer_makes_a_duplicate_with_the_same_bytes(
    desk: Desk, queue: WebhookQueue, clock: Clock
) -> None:
    queue.conduct = Conduct(duplicate=1.0)
    desk.append_thread(1, note())
    (first,) = attempts(queue)
    clock.seconds += RETRY_GAPS[0]
    (second,) = attempts(queue)
    assert (second.body, second.headers) == (first.body, first.headers)
    assert queue.deliveries[0].errors == ["answer lost"] * 2


def test_a_late_payload_holds_newer_threads_and_a_retry_older_ones(
    desk: Desk, queue: WebhookQueue, clock: Clock
) -> None:
    queue.conduct = Conduct(delay_seconds=2.0)
    desk.append_thread(1, note())
    assert queue.take() is None
    desk.append_thread(1, customer_mail("Newer"))
    clock.seconds += 2
    (about_note, _about_mail) = attempts(queue, "HTTP 500")
    assert texts(about_note) == ["Newer", "A note", "Hello"]
    desk.append_thread(1, customer_mail("Newest"))
    clock.seconds += RETRY_GAPS[0]
    retried = next(each for each in attempts(queue) if each.delivery is about_note.delivery)
    assert retried.body == about_note.body


def test_a_payload_of_the_event_shows_the_moment_of_the_event(
    desk: Desk, queue: WebhookQueue, clock: Clock
) -> None:
    queue.conduct = Conduct(payload="at_event", delay_seconds=2.0)
    desk.append_thread(1, note())
    desk.append_thread(1, customer_mail("Newer"))
    clock.seconds += 2
    assert texts(attempts(queue)[0]) == ["A note", "Hello"]


def test_what_was_deleted_for_ever_is_told_from_before(desk: Desk, queue: WebhookQueue) -> None:
    desk.append_thread(1, note())
    desk.delete_forever(1)
    (attempt,) = attempts(queue)
    assert names([attempt]) == ["convo.deleted_forever"]
    assert told(attempt)["id"] == 1
    assert [delivery.state for delivery in queue.deliveries] == ["gone", "delivered"]


def test_a_reordered_delivery_is_overtaken(desk: Desk, queue: WebhookQueue, clock: Clock) -> None:
    queue.conduct = Conduct(reorder=1.0, reorder_seconds=3.0)
    desk.append_thread(1, note())
    queue.conduct = Conduct()
    desk.append_thread(1, customer_mail())
    assert names(attempts(queue)) == ["convo.customer.reply.created"]
    clock.seconds += 3
    assert names(attempts(queue)) == ["convo.note.created"]


def test_a_dropped_delivery_never_comes(desk: Desk, queue: WebhookQueue, clock: Clock) -> None:
    queue.conduct = Conduct(drop=1.0)
    desk.append_thread(1, note())
    clock.seconds += 86_400
    assert attempts(queue) == []
    assert [delivery.state for delivery in queue.deliveries] == ["dropped"]


def test_the_same_seed_plays_the_same_game() -> None:
    assert played(seed=3) == played(seed=3)
    assert played(seed=3) != played(seed=4)


def played(seed: int) -> list[int]:
    site = Installation(Clock(), seed)
    opened(site.desk)
    site.webhooks.conduct = Conduct(drop=0.2, duplicate=0.4, reorder=0.4, time_scale=0.01)
    site.webhooks.register(URL, EVENTS)
    for number in range(40):
        site.desk.append_thread(1, customer_mail(f"Mail {number}"))
    tried = []
    while (due := site.webhooks.next_due()) is not None:
        assert isinstance(site.clock, Clock)
        site.clock.seconds = max(due, site.clock.seconds)
        tried.extend(attempts(site.webhooks))
    return [attempt.delivery.id for attempt in tried]
