"""Each user of the bus may do what its service does, and nothing else: asked of a real server."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nats as nats_client
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from csm import admin, bus_keys
from csm.admin import AdminError
from csm.bus_keys import OPERATOR, PROVISIONER
from csm.contracts import (
    ConversationClassified,
    ConversationUpdated,
    DraftUpsert,
    Event,
    MessageReceived,
)
from csm.settings import ConfigError, NatsSettings
from csm.streams import DURABLES, STREAMS, provision
from csm_cli.bus_permissions import permissions, users_conf
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.roles import ROLES
from csm_cli.secrets import keys as make_keys
from csm_cli.secrets import make_all
from csm_cli.services import SERVICES, names
from letters import letter
from mail_writer import TIMING
from stage import Stage
from waiting import until

COMMITTED = Path(__file__).parents[2] / "deploy/k8s/base/nats/users.conf"
# What only an administrator of the server may do, or the server itself.
NOBODYS = (
    "$JS.API.STREAM.DELETE.MAIL", "$JS.API.STREAM.PURGE.CONV", "$JS.API.STREAM.MSG.DELETE.WORK",
    "$JS.API.CONSUMER.DELETE.CONV.classifier", "$JS.API.STREAM.CREATE.OTHER",
    "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.CONV.classifier", "conversation.updated.gmail",
    "somewhere.else",
)  # fmt: skip
WIDE = (">", "$JS.>", "_INBOX.>", "admin.>", "conversation.>", "message.received.*", "dlq.>")
LAST = "nobody.may"
VERDICT = ConversationClassified(
    conversation_id=7, customer_thread_id=8, verdict_seq=1, category="lead", importance=5,
    priority="P2", method="rules", provisional=False,
)  # fmt: skip
# Who may first publish an event, by the design's table of services.
FIRST: tuple[tuple[Event, set[str]], ...] = (
    (
        MessageReceived(mailbox="support", gmail_message_id="18c5", gmail_thread_id="18c5"),
        {"gmail_ingest"},
    ),
    (VERDICT, {"classifier"}),
    (
        DraftUpsert(conversation_id=7, basis_thread_id=8, purpose="reply"),
        {"draft_writer", "followups"},
    ),
    *(
        (ConversationUpdated(conversation_id=7, cause=cause), {who})
        for cause, who in (
            ("gmail", "gmail_ingest"), ("webhook", "webhook_gateway"), ("poll", "webhook_gateway"),
            ("sweep", "webhook_gateway"), ("agent", "webhook_gateway"),
        )
    ),
)  # fmt: skip


def one_of(pattern: str) -> str:
    """A concrete subject that a pattern stands for."""
    return re.sub(r">$", "1.1.1", pattern).replace("*", "7")


def matches(pattern: str, subject: str) -> bool:
    """NATS' own rule: `*` is one token, `>` is one or more at the end."""
    expression = re.escape(pattern).replace(r"\*", "[^.]+")
    return re.fullmatch(expression.removesuffix(">") + (".+" if pattern[-1] == ">" else ""),
                        subject) is not None  # fmt: skip


def secured(nats: EmbeddedNats, keys: Mapping[str, str]) -> None:
    """Start the server anew with the committed users."""
    nats.stop()
    nats.authorization = re.sub(r"\$(CSM_NKEY_\w+)", lambda m: keys[m[1]], COMMITTED.read_text())
    nats.start()


@dataclass(frozen=True, slots=True)
class Guarded:
    """A provisioned server that knows its users."""

    bus: NatsSettings

    @asynccontextmanager
    async def user(self, name: str) -> AsyncIterator[tuple[Client, list[str]]]:
        """A connection and, as they come, the server's refusals in lower case."""
        refusals: list[str] = []

        async def refused(error: Exception) -> None:
            refusals.append(str(error).lower())

        where = bus_keys.options(self.bus, name)
        client = await nats_client.connect(**where, error_cb=refused, allow_reconnect=False)
        try:
            yield client, refusals
        finally:
            await client.close()


@pytest.fixture
async def guarded(nats: EmbeddedNats, tmp_path: Path) -> Guarded:
    """As an installation is made: keys, server, streams."""
    secured(nats, make_keys(tmp_path / "keys"))
    bus = NatsSettings(url=nats.url, keys_dir=tmp_path / "keys")
    client = await nats_client.connect(**bus_keys.options(bus, PROVISIONER))
    await provision(client.jetstream(), TIMING)
    await client.close()
    return Guarded(bus)


def test_the_committed_users_are_those_of_the_code() -> None:
    assert COMMITTED.read_text() == users_conf(), (
        "python -m csm_cli.bus_permissions > deploy/k8s/base/nats/users.conf"
    )


def test_every_service_has_a_role() -> None:
    assert set(names()) <= set(ROLES)
    for settings in SERVICES:
        own = settings.model_fields[settings.section].annotation
        assert own is not None
        assert own.model_fields["health_port"].default == ROLES[settings.section].port


def test_every_durable_has_exactly_one_reader() -> None:
    readers = [durable.name for role in ROLES.values() for durable in role.consumes]
    assert sorted(readers) == sorted(durable.name for durable in DURABLES)


@pytest.mark.parametrize(("event", "who"), FIRST, ids=lambda value: getattr(value, "key", ""))
def test_an_event_begins_where_the_design_says(event: Event, who: set[str]) -> None:
    begins = {
        name
        for name, role in ROLES.items()
        if any(matches(pattern, event.subject) for pattern in role.publishes)
    }
    assert begins == who


def all_subjects() -> Iterator[str]:
    for allowed in permissions().values():
        yield from map(one_of, allowed.publish)
        yield from map(one_of, allowed.subscribe)
    yield from NOBODYS


def refused(refusals: Sequence[str], how: str) -> set[str]:
    """The subjects of the server's refusals, in its lower case."""
    found = (re.search(rf'permissions violation for {how} to "([^"]+)"', one) for one in refusals)
    return {one[1] for one in found if one}


@pytest.mark.parametrize("user", permissions())
async def test_a_user_publishes_its_own_subjects_and_no_other(guarded: Guarded, user: str) -> None:
    allowed = permissions()[user].publish
    subjects = sorted(set(all_subjects()))
    wanted = {s.lower() for s in subjects if not any(matches(p, s) for p in allowed)}
    async with guarded.user(user) as (client, refusals):
        for subject in (*subjects, LAST):
            await client.publish(subject, b"{}")
        # The server answers in order: with the last refusal all are here.
        await until(lambda: LAST in refused(refusals, "publish"))
        assert refused(refusals, "publish") == {*wanted, LAST}


@pytest.mark.parametrize("user", permissions())
async def test_a_user_hears_its_own_subjects_and_no_other(guarded: Guarded, user: str) -> None:
    allowed = permissions()[user].subscribe
    subjects = sorted({*all_subjects(), *WIDE})
    wanted = {s.lower() for s in subjects if not any(matches(p, s) for p in allowed)}
    async with guarded.user(user) as (client, refusals):
        for subject in (*subjects, LAST):
            await client.subscribe(subject)
        await until(lambda: LAST in refused(refusals, "subscription"))
        assert refused(refusals, "subscription") == {*wanted, LAST}


async def test_nobody_comes_in_without_a_key_that_the_server_knows(
    guarded: Guarded, tmp_path: Path
) -> None:
    bus_keys.make(tmp_path / "foreign", OPERATOR)
    foreign = guarded.bus.model_copy(update={"keys_dir": tmp_path / "foreign"})
    for bus in (guarded.bus.url, foreign):
        client = Client()
        with pytest.raises(NatsError):
            await client.connect(**bus_keys.options(bus, OPERATOR), allow_reconnect=False)
        await client.close()


async def test_provisioning_again_changes_nothing(guarded: Guarded) -> None:
    async with guarded.user(PROVISIONER) as (client, refusals):
        assert await provision(client.jetstream(), TIMING) == []
        assert refusals == []
        for stream in STREAMS:
            assert (await client.jetstream().stream_info(stream.name)).config.name == stream.name


def test_a_missing_and_a_damaged_seed_are_named(tmp_path: Path) -> None:
    bus = NatsSettings(keys_dir=tmp_path)
    with pytest.raises(ConfigError, match=r"classifier.nk cannot be read"):
        bus_keys.options(bus, "classifier")
    (tmp_path / "classifier.nk").write_text("SUNOSEED\n")
    with pytest.raises(ConfigError, match="holds no seed"):
        bus_keys.options(bus, "classifier")


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert "install.key (back it up)" in list(make_all(folder))
    before = {path: path.read_text() for path in folder.iterdir()}
    assert list(make_all(folder)) == []
    assert {path: path.read_text() for path in folder.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_mail_goes_all_the_way_with_the_keys_of_an_installation(stage: Stage) -> None:
    """Every service under its own user: a subject that is missing would stop the mail here."""
    keys = stage.folder / "keys"
    secured(stage.nats, make_keys(keys))
    stage.change(write="triage")
    stage.append("[nats]", f'keys_dir = "{keys}"')
    others = [await stage.join(s.section, s) for s in SERVICES if s.section != stage.service]
    for player in (stage, *others):
        player.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_mailbox") != [])
    classifier = next(one for one in others if one.service == "classifier")
    await stage.until(lambda: classifier.rows("SELECT 1 FROM watermark") != [])
    bus = NatsSettings(url=stage.nats.url, keys_dir=keys)
    findings = {"findings": json.loads(stage.rows("SELECT findings FROM self_test")[0][0])}
    await until(partial(keeps, bus, findings))
    stage.deliver(letter("mail", "Order 4412 has not arrived"))
    await stage.quiet()
    stage.assert_clean()
    await stage.until(lambda: "customer" in tags(stage), 30)
    for name in names():
        assert "outbox" in await admin.ask(bus, name, "status")


async def keeps(bus: NatsSettings, findings: admin.Json) -> bool:
    """Whether draft_writer has taken the findings of the self-test."""
    try:
        await admin.ask(bus, "draft_writer", "self-test-keep", findings, timeout=2)
    except AdminError:
        return False
    return True


def tags(stage: Stage) -> list[str]:
    (conversation,) = stage.conversations()
    return list(conversation["tags"])
