"""`csm show`: the whole story of one mail or conversation, from every service that knows it."""

import asyncio
from collections.abc import Sequence

from csm.admin import AdminError
from csm.settings import CommonSettings
from csm_cli import timeline
from csm_cli.asking import Answers, each
from csm_cli.story_facts import about_effect, about_mail, about_work
from csm_cli.terminal import Json, coloured, moment, say_facts, say_json, screen
from gmail_ingest.settings import Settings


def show(
    settings: Settings, services: Sequence[CommonSettings], wanted: str, *, as_json: bool
) -> None:
    """Everything that `wanted` names: a conversation, a thread, a Gmail id, an event.

    Raises AdminError when nobody knows it.
    """
    story = asyncio.run(told(services, wanted))
    if as_json:
        say_json(story)
        return
    _say(settings, _trace_url(services), wanted, story)


async def told(services: Sequence[CommonSettings], wanted: str) -> Json:
    """What each service knows of it, and of the conversations it belongs to.

    `services` by name have `rows` and `about`. A number is a conversation where one is known by
    it, else a thread. Raises AdminError when nobody knows it.
    """
    first = await each(services, "show", {s.section: {"id": wanted} for s in services})
    if not first.said:
        _nothing(first, wanted)
    first.say_silence()
    known = {name: said for name, said in first.said.items() if said["is_conversation"]}
    known = known or first.said
    numbers = sorted({number for said in known.values() for number in said["conversations"]})
    rest = [s for s in services if s.section not in known]
    found = dict(known)
    for number in numbers:
        asked = {s.section: {"id": str(number)} for s in rest}
        later = await each(services, "show", asked)
        for name, said in later.said.items():
            if said["is_conversation"]:
                found[name] = _joined(found.get(name), said)
    order = [s.section for s in services if s.section in found]
    return {"conversations": numbers, "services": {name: found[name] for name in order}}


def _nothing(answers: Answers, wanted: str) -> None:
    """Raise for an answer that is none: silence first, then that nobody knows it."""
    if answers.silent and not answers.refused:
        answers.or_raise()
    answers.say_silence()
    raise AdminError(f"nothing is known of {wanted!r}")


def _joined(before: Json | None, said: Json) -> Json:
    if before is None:
        return said
    return {**said, "rows": before["rows"] + said["rows"], "about": before["about"] | said["about"]}


def _trace_url(services: Sequence[CommonSettings]) -> str:
    """Where the bot's notes link to, empty for nowhere."""
    found = (getattr(service.own, "trace_url", None) for service in services)
    return str(next(filter(None, found), "")).rstrip("/")


def _say(settings: Settings, trace_url: str, wanted: str, story: Json) -> None:
    services = story["services"]
    for number in story["conversations"]:
        url = f"{settings.freescout.url}/conversation/{number}"
        screen().print(f"Conversation {number}  {url}", markup=False, soft_wrap=True)
    rows = [(name, row) for name, said in services.items() for row in said["rows"]]
    screen().print("\nWhat happened", style="bold")
    for at, service, words in timeline.events(services):
        line = f" {moment(at)}  {service:<16} {words}"
        screen().print(line, markup=False, soft_wrap=True)
    screen().print("\nHow it stands", style="bold")
    for name, row in rows:
        _say_row(name, row)
    for line in timeline.advice(wanted, rows):
        screen().print(f"-> {line}", markup=False, soft_wrap=True)
    for name, row in rows:
        _say_details(settings, trace_url, name, row)


def _say_row(service: str, story: Json) -> None:
    row = story["work"]
    state = coloured(row["state"])
    screen().print(f" {service:<16}", coloured(row["id"]), state, coloured(row["reason"] or ""))


def _say_details(settings: Settings, trace_url: str, service: str, story: Json) -> None:
    screen().print()
    screen().print(coloured(f"{service}: {story['work']['id']}"), style="bold")
    say_facts("", [*about_mail(settings, story), *about_work(trace_url, story["work"])])
    for effect in story["effects"]:
        say_facts(f"Write: {effect['kind']}", about_effect(settings, effect))
