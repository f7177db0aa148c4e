"""What is kept of a mail's content expires or is erased; what prevents doubling stays."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from classifier import state as triage
from classifier.state import NewVerdict
from csm import llm_ledger, work
from csm.contracts import ConversationClassified
from csm.llm_ledger import CALL, Claim, Paid
from csm.llm_usage import Usage
from csm.retention import KEPT, Retention
from csm.work import WORK
from draft_writer import draft_state
from draft_writer import state as desk
from draft_writer.draft_state import Ended
from draft_writer.draft_table import DRAFT
from memory_store import Store

WORDS = "The parcel to the old harbour is lost."
AGAIN = 600.0


@pytest.fixture
def judge() -> Iterator[Store]:
    """The classifier's tables with one final verdict and the answer that it came from."""
    store = Store(triage.TABLES)
    store.run(triage.begin, ["support"])
    paid_for(store, "a")
    store.run(triage.conclude, NewVerdict("support", "final", verdict(), llm_key="a"), "")
    yield store
    store.close()


@pytest.fixture
def writer() -> Iterator[Store]:
    """draft_writer's tables with a verdict that was applied, a draft that was sent, its answer."""
    store = Store(desk.TABLES)
    paid_for(store, "b")
    told = verdict()
    store.run(desk.accept, told, "", AGAIN)
    store.run(work.end, told.key, "done", "noted")
    store.run(add_draft)
    store.run(draft_state.finish, 3, Ended("edited", WORDS, "en", 0.5))
    yield store
    store.close()


def verdict(conversation: int = 7) -> ConversationClassified:
    return ConversationClassified(
        conversation_id=conversation, customer_thread_id=3, verdict_seq=1, category="customer",
        importance=5, priority="P2", method="model", provisional=False, reason=WORDS,
        facts=("the harbour",), uncertainty=("which harbour",),
    )  # fmt: skip


def paid_for(store: Store, key: str) -> None:
    mine = Claim(key, "classify", "sim-small", "me", 60.0)
    store.run(llm_ledger.claim, mine)
    store.run(llm_ledger.settle, mine, Paid(Usage(calls=1), 400), f'{{"reason": "{WORDS}"}}', None)


def add_draft(connection: Connection) -> None:
    connection.execute(
        DRAFT.insert().values(
            basis_thread_id=3, conversation_id=7, mailbox_id=1, purpose="reply", state="made",
            source="model", language="en", llm_key="b", text=WORDS, seen_at=-1.0, seen_cc="[]",
            note=WORDS, fingerprint="f", reason="", begun_at=1.0, looks=0, sent_text="",
            sent_language="",
        )
    )  # fmt: skip


def kept(store: Store) -> str:
    """Every word of every row."""
    return "".join(str(store.rows(table)) for table in store.tables if table.name != "outbox")


@pytest.mark.parametrize("days", [29, 31])
async def test_texts_are_kept_for_30_days(judge: Store, writer: Store, days: int) -> None:
    for store, forget in ((judge, triage.forget_texts), (writer, draft_state.forget_texts)):
        store.pass_time(days * 86_400)
        await Retention(store.db, forget).forget()
        assert ("harbour" in kept(store)) is (days < 30)


async def test_what_prevents_doubling_stays(judge: Store, writer: Store) -> None:
    for store, forget in ((judge, triage.forget_texts), (writer, draft_state.forget_texts)):
        store.pass_time(KEPT + 1)
        await Retention(store.db, forget).forget()
    assert not judge.run(triage.are_open, [3])
    assert judge.run(triage.tell_again, [3], 7, "", "r1"), "a sweep finds the verdict"
    assert writer.run(desk.accept, verdict(), "", AGAIN) == "done"
    (draft,) = writer.rows(DRAFT)
    assert (draft["state"], draft["distance"], draft["fingerprint"]) == ("edited", 0.5, "f")
    assert judge.run(llm_ledger.spent, "classify", "2000-01-01") == 400


def test_what_waits_keeps_its_words(writer: Store) -> None:
    waiting = verdict().model_copy(update={"verdict_seq": 2})
    writer.run(desk.accept, waiting, "", AGAIN)
    writer.pass_time(KEPT + 1)
    while writer.run(draft_state.forget_texts, KEPT):
        pass
    payloads = {row["id"]: row["payload"] for row in writer.rows(WORK)}
    assert WORDS in payloads[waiting.key]


def test_one_customers_words_are_erased_at_once(judge: Store, writer: Store) -> None:
    for store, erase in ((judge, triage.erase), (writer, draft_state.erase)):
        assert store.run(erase, [8]) == 0
        assert "harbour" in kept(store)
        assert store.run(erase, [7]) > 0
        assert "harbour" not in kept(store)
        assert store.rows(CALL) == []
