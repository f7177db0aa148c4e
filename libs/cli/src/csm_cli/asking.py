"""Asks the running services: over NATS, and what only reads over HTTP when NATS is silent."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from csm import admin
from csm.admin import READING, AdminError, SilentError
from csm.settings import CommonSettings
from csm_cli.terminal import Json, side_screen

# Seconds for a verb that reads rows, and for one that does more.
QUICK = 10.0
PATIENT = 120.0


@dataclass(slots=True)
class Answers:
    """What each service said; `refused` in words, `silent` those that nobody reaches."""

    said: dict[str, Json] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    silent: dict[str, SilentError] = field(default_factory=dict)
    over_http: list[str] = field(default_factory=list)

    def or_raise(self) -> dict[str, Json]:
        """The answers; raises AdminError when there is none, with the first reason."""
        if self.said:
            return self.said
        for error in self.silent.values():
            raise error
        raise AdminError(next(iter(self.refused.values()), "no service is configured"))

    def say_silence(self) -> None:
        """Tell on stderr who did not answer, and who answered over HTTP only."""
        if self.over_http:
            names, why = ", ".join(self.over_http), "NATS is silent, repairs have to wait for it"
            side_screen().print(f"{names}: answered over HTTP ({why})", markup=False)
        for error in self.silent.values():
            side_screen().print(f"{error}", markup=False)


def everybody(
    services: Sequence[CommonSettings],
    verb: str,
    arguments: Json | None = None,
    *,
    timeout: float = QUICK,
) -> Answers:
    """Ask all services the same at once; `timeout` in seconds."""
    return asyncio.run(
        each(services, verb, {s.section: arguments or {} for s in services}, timeout)
    )


async def each(
    services: Sequence[CommonSettings],
    verb: str,
    arguments: Mapping[str, Json],
    timeout: float = QUICK,
) -> Answers:
    """Ask the services that are keys of `arguments`, each with its own."""
    answers = Answers()
    asked = [service for service in services if service.section in arguments]
    await asyncio.gather(
        *(_ask(one, verb, arguments[one.section], timeout, answers) for one in asked)
    )
    order = [service.section for service in services]
    for found in (answers.said, answers.refused, answers.silent):
        _sort(found, order)
    return answers


async def _ask(
    service: CommonSettings, verb: str, arguments: Json, timeout: float, answers: Answers
) -> None:
    name = service.section
    try:
        answers.said[name] = await admin.ask(service.nats, name, verb, arguments, timeout)
    except SilentError as silence:
        await _over_http(service, verb, arguments, answers, silence)
    except AdminError as error:
        answers.refused[name] = str(error)


async def _over_http(
    service: CommonSettings, verb: str, arguments: Json, answers: Answers, silence: SilentError
) -> None:
    """Only reading verbs, and only where the port is known (0: the service's log knows it)."""
    name = service.section
    try:
        if verb not in READING or not service.health_port:
            raise silence
        answer = await _got(service, verb, arguments)
    except (SilentError, httpx.HTTPError, ValueError):
        answers.silent[name] = silence
        return
    answers.over_http.append(name)
    if "error" in answer:
        answers.refused[name] = answer["error"]
    else:
        answers.said[name] = answer["result"]


async def _got(service: CommonSettings, verb: str, arguments: Json) -> Json:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(service.health_host, service.health_host)  # noqa: S104 - as it may be configured, to be reached from here
    url = httpx.URL(scheme="http", host=host, port=service.health_port, path=f"/admin/{verb}")
    asked = {key: value for key, value in arguments.items() if value is not None}
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        answer: Json = (await client.get(url, params=asked)).json()
    return answer


def _sort(found: dict[str, Any], order: Sequence[str]) -> None:
    """In the order of the work, whoever answered first."""
    for name in order:
        if name in found:
            found[name] = found.pop(name)
