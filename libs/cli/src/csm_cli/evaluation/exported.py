"""A draft that a person changed before sending it, as a case: what was asked, what was right."""

from collections.abc import Iterator, Mapping
from typing import Any

from csm.freescout_model import Conversation, Thread
from csm.own_words import one_line, text_of
from csm_cli.evaluation.case import Case, DraftDemands, Expected, Message

_AGENT = "agent@desk.example"


def exported(row: Mapping[str, Any], conversation: Conversation) -> Case | None:
    """The case of an edited draft; None where the message, its verdict or a text is gone.

    Its texts are those of real people, without secrets; addresses of customers stay.
    """
    messages = tuple(_messages(conversation, row["basis_thread_id"]))
    if not (messages and row["sent_text"] and row["sent_language"] and "category" in row):
        return None
    language, importance = row["sent_language"], row["importance"]
    return Case(
        id=f"draft-{row['basis_thread_id']}",
        split="dev",
        provenance="real",
        lang=language,
        messages=messages,
        expected=Expected(
            category=row["category"], importance=importance, range=(importance, importance)
        ),
        draft=DraftDemands(language=language, reference=row["sent_text"]),
    )


def _messages(conversation: Conversation, basis: int) -> Iterator[Message]:
    """What had been written when the draft was made, the message that it answers last."""
    spoken = [t for t in conversation.threads if t.type in ("customer", "message")]
    numbers = [thread.id for thread in spoken]
    if basis not in numbers:
        return
    for thread in spoken[: numbers.index(basis) + 1]:
        if thread.state == "published":
            yield _message(thread, conversation)


def _message(thread: Thread, conversation: Conversation) -> Message:
    is_customer = thread.type == "customer"
    sender = (thread.customer_email or conversation.customer_email) if is_customer else _AGENT
    return Message.model_validate(
        {
            "by": "customer" if is_customer else "agent",
            "from": sender or "customer@desk.example",
            "subject": one_line(conversation.subject),
            "body": text_of(thread),
        }
    )
