"""Who may say and hear what on the bus, made from the roles, streams and durables of the code.

A service publishes its own events, works on its own durables, answers `admin.<service>.*`, and
hears nothing else: a service that was taken over can neither forge nor read another one's events.
`python -m csm_cli.bus_permissions` writes the block of NATS' configuration (`users.conf`); the keys
stay variables (`$CSM_NKEY_...`), so the same file serves every installation.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from csm.bus_keys import OPERATOR, PROVISIONER, inbox
from csm.streams import DLQ, DURABLES, STREAMS, Durable
from csm_cli.roles import ROLES, Role

_API = "$JS.API"
# Seconds that an asked service may take to answer: the self-test asks FreeScout for a minute.
_ANSWER = "5m"

_HEAD = """\
# Made by `python -m csm_cli.bus_permissions`: do not edit. Each user has an NKey pair, made by
# `csm secrets`; the server is told the public keys in its environment.
authorization {
  timeout: 5
  users: [
"""
_USER = """\
    {{
      nkey: ${variable}  # {user}
      permissions: {{
        publish: {{ allow: [
{publish}
        ] }}
        subscribe: {{ allow: [
{subscribe}
        ] }}{responses}
      }}
    }}
"""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects of one user; `answers` those who ask it."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    answers: bool = False


def permissions() -> Mapping[str, Permissions]:
    """Every user of the bus by name."""
    services = {name: _of_service(name, role) for name, role in ROLES.items()}
    return services | {OPERATOR: _of_operator(), PROVISIONER: _of_provisioner()}


def variable(user: str) -> str:
    """The environment variable that tells the server the public key of `user`."""
    return f"CSM_NKEY_{user.upper()}"


def _of_service(name: str, role: Role) -> Permissions:
    looks = {durable.stream for durable in role.consumes} | {s.name for s in role.watches}
    publish = {*role.subjects(), *(f"{_API}.STREAM.INFO.{stream}" for stream in looks)}
    for durable in role.consumes:
        publish |= set(_of_durable(durable))
    hears = (f"admin.{name}.*", f"{inbox(name)}.>")
    return Permissions(tuple(sorted(publish)), hears, answers=True)


def _of_durable(durable: Durable) -> Iterator[str]:
    where = f"{durable.stream}.{durable.name}"
    yield f"{_API}.CONSUMER.INFO.{where}"
    yield f"{_API}.CONSUMER.MSG.NEXT.{where}"
    yield f"$JS.ACK.{where}.>"
    yield f"dlq.{where}"


def _of_operator() -> Permissions:
    # `csm dlq` reads what was set aside.
    reads = f"{_API}.STREAM.MSG.GET.{DLQ.name}"
    return Permissions((*_looks(), reads, "admin.*.*"), (f"{inbox(OPERATOR)}.>",))


def _of_provisioner() -> Permissions:
    """Makes and changes, but neither deletes nor purges."""
    makes = [f"{_API}.STREAM.{verb}.{s.name}" for s in STREAMS for verb in ("CREATE", "UPDATE")]
    for durable in DURABLES:
        makes.append(f"{_API}.CONSUMER.CREATE.{durable.stream}.{durable.name}")
        makes.append(f"{_API}.CONSUMER.CREATE.{durable.stream}.{durable.name}.>")
        makes.append(f"{_API}.CONSUMER.DURABLE.CREATE.{durable.stream}.{durable.name}")
    return Permissions((*_looks(), *makes), (f"{inbox(PROVISIONER)}.>",))


def _looks() -> Iterator[str]:
    yield from (f"{_API}.STREAM.INFO.{stream.name}" for stream in STREAMS)
    yield from (f"{_API}.CONSUMER.INFO.{d.stream}.{d.name}" for d in DURABLES)


def users_conf() -> str:
    """The `authorization` block of nats.conf."""
    return _HEAD + "".join(_user(*one) for one in permissions().items()) + "  ]\n}\n"


def _user(user: str, allowed: Permissions) -> str:
    responses = f'\n        allow_responses: {{ max: 1, expires: "{_ANSWER}" }}'
    return _USER.format(
        variable=variable(user), user=user, publish=_lines(allowed.publish),
        subscribe=_lines(allowed.subscribe), responses=responses if allowed.answers else "",
    )  # fmt: skip


def _lines(subjects: tuple[str, ...]) -> str:
    return "\n".join(f'          "{subject}"' for subject in subjects)


if __name__ == "__main__":
    sys.stdout.write(users_conf())
