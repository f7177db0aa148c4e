"""`csm status`: what every service says of itself, on one screen."""

import time
from collections.abc import Mapping, Sequence

from csm.settings import CommonSettings
from csm_cli.asking import everybody
from csm_cli.operate import SERVICE
from csm_cli.terminal import Json, age, moment, say_facts, say_json, screen, table

# Seconds after which work without an end is shown in red.
_LATE = 600


def status(services: Sequence[CommonSettings], *, as_json: bool) -> bool:
    """What is open, what is down, what ended how; True when every service answered.

    Raises AdminError when nobody does.
    """
    answers = everybody(services, "status", timeout=3)
    said = answers.or_raise()
    answers.say_silence()
    everyone = {s.section: said.get(s.section) for s in services}
    if as_json:
        say_json({**(everyone.pop(SERVICE) or {}), "services": everyone})
    else:
        _say(everyone)
    return not answers.silent


def _say(everyone: Mapping[str, Json | None]) -> None:
    if mails := everyone[SERVICE]:
        _say_mails(mails)
    rows = [_about_service(name, told) for name, told in everyone.items()]
    columns = ("service", "", "open", "parked", "degraded", "oldest", "not on the bus", "durables")
    screen().print(table("Services", columns, rows))
    _say_trouble({name: told for name, told in everyone.items() if told})


def _say_mails(answer: Json) -> None:
    say_facts("Mails", sorted(answer["states"].items()))
    facts = [
        ("oldest open mail", age(answer["oldest_open_s"])),
        ("last audit", _about_audit(answer["audit"])),
        ("self-test allows", answer["allowed"] or "nothing: run `csm self-test`"),
    ]
    say_facts("", facts)


def _about_service(name: str, said: Json | None) -> tuple[object, ...]:
    if said is None:
        return name, "does not answer", "", "", "", "", "", ""
    states = said["states"]
    return (
        name, "runs", states.get("wanted", 0), states.get("parked", 0), states.get("degraded", 0),
        age(said["oldest_open_s"]), said["outbox"], said["durables"],
    )  # fmt: skip


def _say_trouble(everybody: Mapping[str, Json]) -> None:
    down = [
        (service, d["name"], moment(d["since"]), d["reason"])
        for service, said in everybody.items()
        for d in said["down"]
    ]
    if down:
        screen().print(table("Down", ("service", "what", "since", "why"), down))
    raised = [
        (moment(a["at"]), service, a["alert"], a["about"], a["words"])
        for service, said in everybody.items()
        for a in said["alerts"]
    ]
    if raised:
        screen().print(table("Alerts", ("at", "service", "alert", "about", "what"), raised))
    for line in advice(everybody):
        screen().print(f"-> {line}", markup=False)


def advice(everybody: Mapping[str, Json]) -> list[str]:
    """What an operator does next, most urgent first; empty when all is well."""
    lines = [
        f"{said['states'][state]} {state} in {service}: csm list --state {state}"
        for state in ("parked", "degraded")
        for service, said in everybody.items()
        if said["states"].get(state)
    ]
    late = [s for s, said in everybody.items() if (said["oldest_open_s"] or 0) > _LATE]
    lines += [f"work waits in {service}: csm list --state wanted" for service in late]
    return lines


def _about_audit(audit: Json | None) -> str:
    if audit is None or audit["completed_at"] is None:
        return "none yet"
    found = [f"{number} {kind}" for kind, number in audit["findings"].items() if number]
    since = age(max(time.time() - audit["completed_at"], 0))
    return f"{since} ago, {', '.join(found) or 'nothing found'}"
