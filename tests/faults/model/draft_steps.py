"""Steps of the one-draft model, and the crash point behind each, as far as the code has one.

The seams of a write are those of `csm.effects`, whatever it writes.
"""

from enum import StrEnum


class DraftStep(StrEnum):
    """What a bot does, in the words of a trace."""

    PUBLISH = "the due loop publishes the hint for message"
    TAKE = "a bot takes the hint for message"
    SKIP = "a bot sees that nothing is owed for message"
    GENERATE = "a bot generates a text for message"
    BUSY = "a bot finds the lease busy, message"
    LEASE = "a bot takes the conversation's lease for message"
    DECIDE = "a bot re-reads the conversation and may draft for message"
    DECLINE = "a bot re-reads the conversation and makes no draft for message"
    FOUND = "a bot finds the draft for message"
    UNSURE = "a bot cannot tell yet whether it drafted for message"
    ABSENT = "a bot knows that no draft was made for message"
    WITHHOLD = "a bot withholds, somebody touched the conversation, message"
    INTENT = "a bot commits the intent for message"
    LOST = "a bot sees that its lease is lost, message"
    SEND = "a bot sends the draft for message"
    ANSWER = "the answer arrives for message"
    RECORD = "a bot records the draft for message"
    REPLACE = "a bot rewrites its draft for message"
    ACK = "a bot acknowledges the hint for message"


class Person(StrEnum):
    """What people, FreeScout, time and faults do."""

    OPEN = "the person opens the draft for message"
    TYPE = "the person types, FreeScout saves, message"
    SEND = "the person sends the draft for message"
    DISCARD = "the person DISCARDS the draft for message"
    OWN = "the person begins an own draft"
    REPLY = "the person replies without a draft"
    AGAIN = "the customer writes again"
    FOLLOWUP = "a follow-up asks for a draft for message"
    STORED = "FreeScout stores the draft for message"
    LATE = "FreeScout stores LATE the draft for message"
    VANISH = "an abandoned request vanishes, message"
    RUN_OUT = "the lease of a dead bot runs out"
    CRASH = "CRASH of a bot that was"
    LOST_ANSWER = "ANSWER LOST for message"
    ERROR = "5xx before anything was stored, message"
    TIMEOUT = "CLIENT TIMEOUT, the request still travels, message"
    REDELIVER = "the bus delivers twice the hint for message"
    EXPIRE = "the lease of a LIVING bot runs out, which was"


POINT: dict[DraftStep, str] = {
    DraftStep.PUBLISH: "after_publish",
    DraftStep.LEASE: "after_lease",
    DraftStep.FOUND: "after_reconcile_found",
    DraftStep.ABSENT: "after_reconcile_absent",
    DraftStep.INTENT: "after_intent",
    DraftStep.SEND: "request_sent",
    DraftStep.ANSWER: "after_response",
    DraftStep.RECORD: "after_record",
    DraftStep.ACK: "before_ack",
}
"""The seam behind each step. Points of the service that writes drafts join here."""

INSIDE: dict[str, DraftStep] = {
    "llm_after_claim": DraftStep.GENERATE,
    "llm_after_answer": DraftStep.GENERATE,
    "llm_after_settle": DraftStep.GENERATE,
    "after_draft_text": DraftStep.GENERATE,
    "before_read_back": DraftStep.RECORD,
}
"""Seams inside a step: paying for a text touches nothing that the rule is about, and reading back
what is recorded only tells an opened draft from an edited one.
"""

_READS = "it only reads: dying after it is dying after the step before"
_ENDS = "it ends the delivery: the seam is that of ACK"
NO_POINT: dict[DraftStep, str] = {
    DraftStep.TAKE: _READS,
    DraftStep.GENERATE: "it costs a call to the model, nothing else",
    DraftStep.DECIDE: _READS,
    DraftStep.SKIP: _ENDS,
    DraftStep.BUSY: _ENDS,
    DraftStep.UNSURE: _ENDS,
    DraftStep.LOST: _ENDS,
    DraftStep.DECLINE: "one transaction that the next reader would make again",
    DraftStep.WITHHOLD: "one transaction that the next reader would make again",
    DraftStep.REPLACE: "only the back end that compares inside FreeScout has it",
}
"""Why a step has no seam of its own."""
