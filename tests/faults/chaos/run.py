"""One run: mail comes in, everything breaks again and again, and the desk is judged at the end."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

from csm.admin import AdminError
from faults.chaos.judge import Facts, judged
from faults.chaos.load import Delivery, mails
from faults.chaos.mischief import Mischief, Watch
from faults.chaos.report import Live, Result
from faults.chaos.setting import GMAIL_RULES, RATES, Wanted
from forkserver import Life
from postgres_server import PostgresServer
from replicas import Replicas
from stage import Row, Stage
from waiting import until

# Seconds between two looks.
_LOOK = 0.1
# Mail comes in while so many are open: work for every worker, and kills meet all phases.
_CHUNK, _MOST_OPEN = 20, 100

Running = Callable[[], list[Life]]


async def play(stage: Stage, wanted: Wanted, server: PostgresServer | None = None) -> Result:
    """Play it on a stage with nothing started; `server` is the stage's PostgreSQL."""
    stage.faults(**RATES, late_seconds=wanted.pace.late, seed=wanted.seed)
    stage.gmail.post("faults", rules=GMAIL_RULES)
    with Live(wanted.mails) as live:
        async with _workers(stage, wanted) as running:
            mischief = Mischief(stage, wanted.pace, wanted.seed, running, server)
            await _through(stage, wanted, mischief, live)
            ends = Counter(stage.deaths())
            live.say("all mails have their end; audit and judgement")
            audited = await _audited(stage)
        facts = _facts(stage, audited, ends)
        _keep_journal(stage)
        judgement = judged(facts, _told_incomplete(stage), _told_empty(stage))
        return Result(
            wanted, judgement, facts.states, mischief.done, _faults(stage), live.seconds,
            len(stage.lives),
        )  # fmt: skip


@asynccontextmanager
async def _workers(stage: Stage, wanted: Wanted) -> AsyncIterator[Running]:
    """The service, as often as wanted; each comes back whenever it dies."""
    if wanted.replicas == 1:
        stage.live()
        yield lambda: [life for life in stage.lives[-1:] if life.code is None]
        return
    async with Replicas(stage, wanted.replicas).living() as replicas:
        yield lambda: list(replicas.running())


async def _through(stage: Stage, wanted: Wanted, mischief: Mischief, live: Live) -> None:
    """Deliver and break until every mail has its end, or nothing moves any more."""
    coming = mails(wanted.mails, wanted.seed)
    watch = Watch(stage, wanted.pace.patience)
    delivered = 0
    while True:
        states = watch.states()
        if states is not None:
            finished = sum(states.values()) - states.get("wanted", 0)
            live.show(finished, mischief.done)
            if delivered >= wanted.mails and not states.get("wanted") and _is_over(stage, watch):
                return
            if watch.is_stuck(finished):
                live.say(f"nothing has moved for {wanted.pace.patience:.0f} s: {states}")
                return
            if delivered - finished < _MOST_OPEN:
                delivered += _deliver(stage, list(islice(coming, _CHUNK)))
            await mischief.strike(finished)
        await asyncio.sleep(_LOOK)


def _is_over(stage: Stage, watch: Watch) -> bool:
    """No event waits, and every mail that must become a ticket is known.

    Spam that came while Gmail forgot its history is listed nowhere, so it is never noticed.
    """
    if watch.outbox():
        return False
    journal = {row[0] for row in stage.rows("SELECT gmail_message_id FROM gmail_message")}
    return all(one["id"] in journal for one in stage.messages() if one["expect"] == "ticket")


def _deliver(stage: Stage, chunk: list[Delivery]) -> int:
    if chunk:
        stage.gmail.post("deliver-many", messages=chunk)
    return len(chunk)


async def _audited(stage: Stage) -> list[Row]:
    """What `csm audit` finds of everything that was ever written."""
    findings: dict[str, Row] = {}
    position: Any = None
    stage.faults()
    while True:
        part = await _answered(stage, since=0, position=position)
        findings |= {one["key"]: one for one in part["findings"]}
        position = part["position"]
        if position is None:
            return list(findings.values())


async def _answered(stage: Stage, **arguments: Any) -> Row:
    """A worker may just be starting."""
    answers: list[Row] = []

    async def answers_now() -> bool:
        try:
            answers.append(await stage.ask("audit", **arguments))
        except AdminError:
            return False
        return True

    await until(answers_now, within=60, pause=_LOOK)
    return answers[0]


_JOURNAL = """
SELECT m.gmail_message_id, m.gmail_thread_id, m.internal_date, m.rfc_message_id, w.state, w.reason,
       w.attempts, w.created_at, w.ended_at, e.kind, e.state, e.attempt, e.sent_at, e.done_at,
       e.conversation_id, e.thread_id
FROM gmail_message m JOIN work w ON w.id = m.work_id LEFT JOIN effect e ON e.work_id = w.id
ORDER BY w.seq
"""


def _keep_journal(stage: Stage) -> None:
    """Beside the logs: a PostgreSQL is gone with its run."""
    rows = [json.dumps(row) for row in stage.rows(_JOURNAL)]
    (stage.folder / "journal.jsonl").write_text("\n".join(rows) + "\n")


def _facts(stage: Stage, audited: list[Row], ends: Counter[int]) -> Facts:
    return Facts(
        verdict=stage.verdict(),
        states=stage.states(),
        sent=len(stage.sink()),
        violations=int(stage.gmail.get("counters")["violations"]),
        audited=audited,
        unended=list(_unended(stage)),
        ends=ends,
    )


def _unended(stage: Stage) -> Iterator[str]:
    """Mails of Gmail that the journal does not have, or that wait for ever."""
    rows = stage.rows("SELECT id, state, reason FROM work")
    known = {row[0].rsplit(":", 1)[1]: row[1:] for row in rows}
    for message in stage.messages():
        state, reason = known.get(message["id"], ("not in the journal", None))
        is_known = message["id"] in known or message["expect"] != "ticket"
        if state == "wanted" or not is_known:
            yield f"mail {message['id']} is {state}: {reason}"


def _told_incomplete(stage: Stage) -> int:
    """Notes of ours at the desk: here none is written for another reason."""
    threads = [t for row in stage.conversations() for t in row["threads"]]
    return sum(t["type"] == "note" and t["markers"] != [] for t in threads)


def _told_empty(stage: Stage) -> int:
    """Shells that an alert names, because they may be either of two mails'."""
    named = {id_ for line in stage.alerts("husk-left") for id_ in line["conversations"]}
    return len(named)


def _faults(stage: Stage) -> dict[str, int]:
    desk = {f"desk {name}": n for name, n in stage.desk.get("counters")["faults"].items()}
    mail = {f"Gmail {name}": n for name, n in stage.gmail.get("counters").get("faults", {}).items()}
    return {**desk, **mail}
