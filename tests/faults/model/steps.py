"""Every step of the models, and the crash point of the code that lies behind it.

A death right after the step is a death at that point. Add a service's points here when it gets
some: a test compares both sides with `csm.crash.POINTS`.
"""

from enum import StrEnum


class Step(StrEnum):
    """What the protocol does, in the words of a trace."""

    JOURNAL = "discovery journals"
    PUBLISH = "the due loop publishes"
    TAKE = "a worker takes the delivery, reads row and scope, fetches"
    SKIP = "a worker sees a finished row:"
    SHUT = "a worker finds the gate shut:"
    BUSY = "a worker finds the lease busy:"
    LEASE = "a worker takes the lease"
    PICK = "a worker picks the oldest open mail"
    FINISH = "a worker finds nothing left and releases"
    MOVE = "a worker releases, the scope has changed:"
    LOST = "a worker sees that its lease is lost:"
    MATCH = "a worker matches"
    READ = "a worker reads the conversation of"
    BEHIND = "a worker releases, an older mail of the conversation goes first:"
    FOLLOW = "a worker follows the merge of"
    FOUND = "a worker finds the marker of"
    ABSENT = "a worker knows that nothing was written of"
    UNSURE = "a worker cannot tell yet, releases:"
    ADOPT = "a worker adopts the empty conversation"
    MAP = "a worker commits the match of"
    WITHDRAW = "a worker withdraws the intent of"
    INTENT = "a worker commits the intent of"
    SEND = "a worker sends the request of"
    ANSWER = "the answer arrives:"
    RECORD = "a worker records"
    REFUSED_RECORD = "the fence refuses the record of"
    ACK = "a worker acknowledges"
    RELAY = "the relay publishes the event of"
    RELAYED = "the relay forgets the outbox row of"
    HEAR = "the next service hears of"
    SWEEP = "the sweep publishes"


class Around(StrEnum):
    """What happens to the protocol: the desk, people, time and faults."""

    CONVERSATION = "FreeScout saves the conversation for"
    THREAD = "FreeScout saves the thread of"
    FILES = "FreeScout saves the files of"
    VANISH = "an abandoned request is dropped:"
    REPLY = "an agent replies in conversation"
    MERGE = "an agent merges conversations"
    RUN_OUT = "the lease of a dead worker runs out:"
    BACK = "FreeScout is back"
    PROBE = "the probe finds FreeScout well"
    CRASH = "CRASH of the worker, which was"
    RELAY_CRASH = "CRASH of the relay before it forgot"
    ERROR = "5xx BEFORE anything was applied:"
    AWAY = "503, FreeScout is away:"
    REFUSED = "CONNECTION REFUSED:"
    TIMEOUT = "CLIENT TIMEOUT, the request still travels:"
    LOST_ANSWER = "ANSWER LOST or 5xx after the commit:"
    HALF = "FreeScout DIES between conversation and thread of"
    STRIP = "FreeScout LOSES THE FILES of"
    REDELIVER = "the bus delivers twice"
    LOSE = "the bus LOSES the delivery of"
    UNHEARD = "the bus LOSES the acknowledged event of"
    EXPIRE = "the lease of a LIVING worker runs out:"
    OUTAGE = "FreeScout GOES AWAY"
    STALE = "a worker reads a STALE list without"


POINT: dict[Step, str] = {
    Step.JOURNAL: "after_journal",
    Step.PUBLISH: "after_publish",
    Step.TAKE: "after_fetch",
    Step.LEASE: "after_lease",
    Step.PICK: "before_parse",
    Step.MAP: "after_map",
    Step.FOUND: "after_reconcile_found",
    Step.ABSENT: "after_reconcile_absent",
    Step.INTENT: "after_intent",
    Step.SEND: "request_sent",
    Step.ANSWER: "after_response",
    Step.RECORD: "after_record",
    Step.RELAY: "after_outbox_publish",
    Step.FINISH: "before_ack",
}
"""The seam behind each step."""

INSIDE: dict[str, Step] = {
    "in_record_tx": Step.RECORD,
    "before_hints": Step.SWEEP,
    "before_swept": Step.SWEEP,
    "before_verdict": Step.HEAR,
    "in_verdict_tx": Step.HEAR,
    "after_verdict": Step.HEAR,
}
"""Seams inside a step: a transaction is whole or nothing, so dying there is dying before it.

The next service hears by one transaction, too. A sweep that dies comes again, and so does the
poll, which is a small one.
"""

_TAGS = "tags are no thread: the whole set is put again, whoever died; nothing can double"
_UNANSWERED = "FreeScout got no answer and tries again; what is stored is known by its hash"
_ASKED = "a wish that is made again is known by its key; who decides is the draft's model"
_TOLD = "people may be told twice, and the second message says so"
ELSEWHERE: dict[str, str] = {
    "after_rank": "the rank of a verdict is a row of its own; what is missing is done again",
    "before_tags": _TAGS,
    "after_tags": _TAGS,
    "after_followup_tag": _TAGS,
    "before_stale": _ASKED,
    "after_stale": _ASKED,
    "after_hearing": _TOLD,
    "before_alert": _TOLD,
    "after_alert": _TOLD,
    "before_delivery": _UNANSWERED,
    "after_delivery": _UNANSWERED,
}
"""Seams of writes that no model here contains, and why."""

_ENDS = "it ends the delivery as FINISH does: the same seam, before_ack"
_READS = "it only reads FreeScout: dying after it is dying after the step before"
NO_POINT: dict[Step, str] = {
    Step.SKIP: _ENDS,
    Step.SHUT: _ENDS,
    Step.BUSY: _ENDS,
    Step.LOST: _ENDS,
    Step.UNSURE: _ENDS,
    Step.REFUSED_RECORD: _ENDS,
    Step.MATCH: _READS,
    Step.READ: _READS,
    Step.ADOPT: _READS,
    Step.MOVE: "a release: dying instead only keeps the lease until it runs out",
    Step.BEHIND: "as MOVE",
    Step.FOLLOW: "one transaction that the next reader would make again",
    Step.WITHDRAW: "one transaction; without it the next worker waits for the quarantine",
    Step.ACK: "the bus forgets the delivery: nothing of ours is left to die",
    Step.RELAYED: "the row is gone: nothing is owed",
    Step.HEAR: "the next service's own seams, in its own model",
    Step.SWEEP: "a publish without a row: dying before it is a later sweep",
}
"""Why a step has no seam of its own."""
