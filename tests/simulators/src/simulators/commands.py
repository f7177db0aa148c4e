"""What the demo asks for from outside: bring mail into the Gmail simulator, judge the outcome."""

import base64
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from simulators.freescout.verdict import verdict
from simulators.mail_source import read_mails
from simulators.samples import sample_mails

_SELF_TEST = "[csm self-test]"
# Mail came within the last hour, so that an agent's answer of today comes after it.
_AGE_SECONDS = 3600


def deliver(gmail: str, path: Path | None) -> dict[str, int]:
    """Deliver the mails of `path` (default: the samples); how many, and what is expected of them.

    Raises MailSourceError when there is nothing to read.
    """
    expected = {"mails": 0, "ticket": 0, "filtered": 0, "any": 0}
    with httpx.Client(base_url=gmail, timeout=60, trust_env=False) as http:
        threads: dict[str | None, str] = {}
        for message in _dated(_own(path) if path else _samples()):
            group = message.get("group")
            body = {**message, "thread_id": threads.get(group)}
            answer = http.post("/control/deliver", json=body).raise_for_status().json()
            if group:
                # Samples of a group are a Gmail thread, also when the answer came first.
                threads.setdefault(group, answer["thread_id"])
            expected["mails"] += 1
            expected[message["expect"]] += 1
    return expected


def count(path: Path) -> dict[str, int]:
    """How many mails lie there. Raises MailSourceError when there is nothing to read."""
    return {"mails": sum(1 for _ in read_mails(path))}


def judge(gmail: str, desk: str) -> dict[str, Any]:
    """The judge's findings by kind, and what the desk holds without self-tests."""
    with httpx.Client(timeout=60, trust_env=False) as http:
        state = http.get(f"{desk}/control/state").raise_for_status().json()
        messages = http.get(f"{gmail}/control/messages").raise_for_status().json()
    rows = [row for row in state["conversations"] if _SELF_TEST not in row["subject"]]
    threads = [t for row in rows for t in row["threads"] if t["type"] == "customer"]
    return {
        "findings": asdict(verdict(state, messages)),
        "conversations": len(rows),
        "customer_threads": len(threads),
    }


def _samples() -> Iterator[dict[str, Any]]:
    for sample in sample_mails(datetime.now(UTC)):
        yield {
            "raw": base64.b64encode(sample.raw).decode(),
            "labels": sample.labels,
            "group": sample.group,
            "expect": sample.expect,
        }


def _own(path: Path) -> Iterator[dict[str, Any]]:
    for _name, raw in read_mails(path):
        yield {"raw": base64.b64encode(raw).decode(), "expect": "any"}


def _dated(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    begin = int(time.time()) - _AGE_SECONDS
    for number, message in enumerate(messages):
        yield {**message, "internal_date_s": begin + number}


def as_line(answer: Mapping[str, Any]) -> str:
    """The answer as one line of JSON."""
    return json.dumps(answer) + "\n"
