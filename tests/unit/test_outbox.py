"""Events reach the bus at least once, and a rescue never travels under a used id."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection

from csm import outbox, work
from csm.bus import BusUnavailableError
from csm.contracts import ConversationUpdated, Event, MessageReceived
from csm.outbox import OUTBOX, DueLoop, Relay
from csm.outcome import Later
from csm.timing import PROFILES
from csm.work import Owed
from memory_store import Store

TIMING = PROFILES["production"]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Bus:
    """A bus that keeps what it stored by its id, as JetStream's duplicate window does."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.is_away = False
        self.refuses: set[str] = set()
        self.loses: set[str] = set()

    async def publish(self, event: Event, *, bucket: str, headers: Mapping[str, str]) -> None:
        if self.is_away or event.key in self.refuses:
            raise BusUnavailableError(event.subject)
        self.published.append((event.key, bucket))
        self.headers.append(headers)
        if event.key in self.loses:
            raise BusUnavailableError(f"{event.subject}: no acknowledgement")

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.published]

    @property
    def buckets(self) -> list[str]:
        return [bucket for _, bucket in self.published]

    @property
    def stored(self) -> set[str]:
        """Ids after deduplication."""
        return {f"{key}:{bucket}" if bucket else key for key, bucket in self.published}


@pytest.fixture
def bus() -> Bus:
    """An empty bus."""
    return Bus()


@pytest.fixture
def relay(store: Store, bus: Bus) -> Relay:
    """The relay between store and bus."""
    return Relay(store.db, bus.publish, TIMING)


@pytest.fixture
def due(store: Store, bus: Bus) -> DueLoop:
    """The due loop between store and bus."""
    return DueLoop(store.db, bus.publish, TIMING)


def updated(number: int) -> ConversationUpdated:
    return ConversationUpdated(conversation_id=number, customer_thread_id=number, cause="gmail")


def received(name: str) -> MessageReceived:
    return MessageReceived(mailbox="support", gmail_message_id=name, gmail_thread_id=name)


def owe(store: Store, *names: str) -> list[str]:
    events = [received(name) for name in names]
    rows = [Owed(e.key, e.key, e.name, e.model_dump_json(), TRACE) for e in events]
    store.run(work.owe, rows)
    return [event.key for event in events]


async def test_events_are_published_in_the_order_of_their_promises(
    store: Store, bus: Bus, relay: Relay
) -> None:
    events = [updated(number) for number in (3, 1, 2)]
    for event in events:
        store.run(outbox.enqueue, event, TRACE)
    await relay.run_due()
    assert bus.keys == [event.key for event in events]
    assert store.rows(OUTBOX) == []


async def test_an_event_travels_with_the_trace_and_bucket_of_its_row(
    store: Store, bus: Bus, relay: Relay
) -> None:
    store.run(outbox.enqueue, updated(1), TRACE, "r7")
    store.run(outbox.enqueue, updated(2), "")
    await relay.run_due()
    assert bus.buckets == ["r7", ""]
    assert bus.headers == [{"traceparent": TRACE}, {}]


async def test_more_events_than_a_batch_all_go_out(store: Store, bus: Bus, relay: Relay) -> None:
    for number in range(outbox.BATCH + 3):
        store.run(outbox.enqueue, updated(number + 1), "")
    await relay.run_due()
    assert len(bus.keys) == outbox.BATCH + 3
    assert store.rows(OUTBOX) == []


async def test_while_the_bus_is_away_every_row_is_kept(
    store: Store, bus: Bus, relay: Relay
) -> None:
    store.run(outbox.enqueue, updated(1), "")
    bus.is_away = True
    with pytest.raises(BusUnavailableError):
        await relay.run_due()
    assert len(store.rows(OUTBOX)) == 1
    bus.is_away = False
    await relay.run_due()
    assert (bus.keys, store.rows(OUTBOX)) == ([updated(1).key], [])


async def test_a_crash_between_publish_and_mark_publishes_again_under_the_same_id(
    store: Store, bus: Bus, relay: Relay
) -> None:
    store.run(outbox.enqueue, updated(1), "", "r7")
    bus.loses = {updated(1).key}
    with pytest.raises(BusUnavailableError):
        await relay.run_due()
    bus.loses = set()
    await relay.run_due()
    assert len(bus.published) == 2
    assert len(bus.stored) == 1


def test_an_event_is_promised_only_with_its_transaction(store: Store) -> None:
    def enqueue_and_fail(connection: Connection) -> None:
        outbox.enqueue(connection, updated(1), "")
        raise LookupError("the rest of the transaction failed")

    with pytest.raises(LookupError):
        store.run(enqueue_and_fail)
    assert store.rows(OUTBOX) == []


def test_the_backlog_is_its_number_and_the_age_of_the_oldest(store: Store) -> None:
    assert store.run(outbox.backlog) == (0, 0.0)
    store.run(outbox.enqueue, updated(1), "")
    store.pass_time(5)
    store.run(outbox.enqueue, updated(2), "")
    assert store.run(outbox.backlog) == (2, 5.0)


@pytest.mark.parametrize("event", [updated(1), received("a")])
def test_a_stored_event_is_decoded_as_it_was(event: Event) -> None:
    assert outbox.decode(event.name, event.model_dump_json(exclude_none=True)) == event


def test_a_stored_event_of_no_known_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        outbox.decode("conversation.forgotten", "{}")


async def test_a_first_publish_has_no_bucket(store: Store, bus: Bus, due: DueLoop) -> None:
    (key,) = owe(store, "a")
    assert await due.run_due() == "published"
    assert bus.published == [(key, "")]
    assert bus.headers == [{"traceparent": TRACE}]


async def test_nothing_due_publishes_nothing(bus: Bus, due: DueLoop) -> None:
    assert await due.run_due() == "idle"
    assert bus.published == []


async def test_every_publish_again_has_a_bucket_of_its_minute(
    store: Store, bus: Bus, due: DueLoop
) -> None:
    owe(store, "a")
    for _ in range(4):
        await due.run_due()
        store.pass_time(TIMING.republish_after)
    assert bus.buckets[0] == ""
    assert all(bus.buckets[1:])
    assert len(bus.stored) == 4


async def test_two_publishes_within_one_minute_have_different_ids(
    store: Store, bus: Bus, due: DueLoop
) -> None:
    (key,) = owe(store, "a")
    for _ in range(3):
        await due.run_due()
        store.run(work.record, key, Later(0, "woken"))
    assert len(bus.stored) == 3


async def test_a_replay_of_a_published_row_has_a_bucket(
    store: Store, bus: Bus, due: DueLoop
) -> None:
    (key,) = owe(store, "a")
    await due.run_due()
    store.run(work.end, key, "parked")
    store.run(work.reopen, key, "replay")
    await due.run_due()
    assert bus.published == [(key, ""), (key, f"{TIMING.bucket(store.clock())}-1")]


async def test_the_rest_of_a_pass_that_the_bus_broke_off_is_noted(
    store: Store, bus: Bus, due: DueLoop
) -> None:
    first, second = owe(store, "a", "b")
    bus.refuses = {second}
    with pytest.raises(BusUnavailableError):
        await due.run_due()
    bus.refuses = set()
    assert await due.run_due() == "published"
    assert bus.keys == [first, second]


async def test_a_row_published_without_an_answer_is_due_at_once_under_a_new_id(
    store: Store, bus: Bus, due: DueLoop
) -> None:
    """The bus may have stored it: then its handler said `Later`, and the old id is used up."""
    (key,) = owe(store, "a")
    bus.loses = {key}
    with pytest.raises(BusUnavailableError):
        await due.run_due()
    bus.loses = set()
    await due.run_due()
    assert bus.buckets == ["", f"{TIMING.bucket(store.clock())}-1"]


async def test_an_answer_faster_than_the_note_of_its_publish_keeps_its_time(store: Store) -> None:
    (key,) = owe(store, "a")

    async def publish(event: Event, *, bucket: str, headers: Mapping[str, str]) -> None:
        assert event.key == key
        assert (bucket, headers) == ("", {"traceparent": TRACE})
        store.pass_time(0.01)
        store.run(work.record, key, Later(2, "another worker writes this thread"))

    await DueLoop(store.db, publish, TIMING).run_due()
    store.pass_time(2)
    assert [row.id for row in store.run(work.due)] == [key]
