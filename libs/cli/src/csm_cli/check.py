"""`csm check`: everything that can be found out without changing anything, one line each."""

from dataclasses import dataclass
from typing import Literal

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from csm import admin, bus_keys, gates, install, migrations, streams
from csm.admin import AdminError
from csm.db import DatabaseUnavailableError, open_read_only, shown
from csm.freescout import FreeScout
from csm.install import InstallKeyError
from csm.settings import LEVELS, WriteLevel
from csm_cli.embedded_nats import monitor_of
from csm_cli.model_check import check_models
from csm_cli.operate import SERVICE
from csm_cli.services import load_all
from gmail_ingest.accounts import account_of
from gmail_ingest.gmail import (
    GmailClient,
    GmailCredentialsError,
    GmailRejectedError,
    GmailUnavailableError,
    TokenBucket,
)
from gmail_ingest.gmail_scopes import MODIFY
from gmail_ingest.settings import MailboxSettings, Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["ok", "warn", "fail"]
    what: str
    words: str


async def check(settings: Settings) -> list[Finding]:
    """All findings, in the order in which one would repair them."""
    found = [Finding("ok", "settings", "complete"), *await _about_state(settings)]
    found += await _about_bus(settings)
    found.append(await _about_desk(settings))
    for slug, mailbox in settings.mailbox.items():
        found.append(await _about_gmail(slug, mailbox))
    found += [Finding(*one) for one in await check_models(settings.toml_path)]
    return found + await _about_service(settings)


async def _about_state(settings: Settings) -> list[Finding]:
    try:
        key = install.read_key(settings.install_key_path)
    except InstallKeyError as error:
        return [Finding("fail", "install key", str(error))]
    found = Finding("ok", "install key", f"{settings.install_key_path} (keep a backup)")
    services = load_all(settings.toml_path)
    return [found, *[await _about_database(s.section, s.database_url, key) for s in services]]


async def _about_database(service: str, url: str, key: bytes) -> Finding:
    """Read only: the database belongs to the running service."""
    name, what = shown(url), f"database of {service}"
    try:
        db = open_read_only(url)
        try:
            problem = await db.run(_about_schema, service, key)
        finally:
            await db.close()
    except (DatabaseUnavailableError, DBAPIError) as error:
        reason = str(getattr(error, "orig", None) or error)
        return Finding("fail", what, f"{name} cannot be read: {reason}; run `csm provision`")
    if problem:
        return Finding("fail", what, f"{name}: {problem}")
    return Finding("ok", what, f"{name}, schema {migrations.newest(service)}")


def _about_schema(connection: Connection, service: str, key: bytes) -> str | None:
    if problem := migrations.problem(connection, service):
        return problem
    return install.foreign(connection, key)


async def _about_bus(settings: Settings) -> list[Finding]:
    url = settings.nats.url
    try:
        client = await nats.connect(
            **bus_keys.options(settings.nats, bus_keys.OPERATOR),
            max_reconnect_attempts=1, reconnect_time_wait=0.1, connect_timeout=3,
        )  # fmt: skip
    except (NatsError, OSError, TimeoutError) as error:
        words = f"nats.url: {url} does not answer ({type(error).__name__})"
        return [Finding("fail", "NATS", words)]
    try:
        js = client.jetstream()
        problems = await streams.check(js, settings.timing)
        on_disk = await _about_fsync(js, settings)
    finally:
        await client.close()
    fine = Finding("ok", "streams", "all streams and durables are as they should be")
    found = [Finding("fail", "streams", line) for line in problems] or [fine]
    return [Finding("ok", "NATS", url), *found, on_disk]


async def _about_fsync(js: JetStreamContext, settings: Settings) -> Finding:
    """What NATS loses, the services publish again: without an fsync it costs time, not mail."""
    monitor = settings.nats.monitor_url or monitor_of(settings.state_dir / "nats")
    if monitor is None:
        return Finding("warn", "NATS on disk", "not looked at: nats.monitor_url is not set")
    problems = await streams.check(js, settings.timing, monitor, streams=(), durables=())
    if problems:
        return Finding("warn", "NATS on disk", problems[0])
    return Finding("ok", "NATS on disk", "acknowledges only what is on disk")


async def _about_desk(settings: Settings) -> Finding:
    desk = settings.freescout
    client = FreeScout(desk.url, desk.api_key, settings.timing)
    try:
        trouble = await gates.freescout(client, desk, settings.mailbox)()
    finally:
        await client.aclose()
    if trouble is not None:
        return Finding("fail", "FreeScout", trouble.why)
    return Finding("ok", "FreeScout", f"{desk.url} knows the key, the mailboxes and the user")


async def _about_gmail(slug: str, mailbox: MailboxSettings) -> Finding:
    what = f"Gmail {slug}"
    account = account_of(slug, mailbox)
    try:
        client = GmailClient(account, TokenBucket(mailbox.gmail.quota_units_per_minute))
    except GmailCredentialsError as error:
        return Finding("fail", what, f"mailbox.{slug}.gmail.{account.asked.key}: {error}")
    try:
        email = (await client.profile()).email.lower()
    except (GmailUnavailableError, GmailCredentialsError, GmailRejectedError) as error:
        return Finding("fail", what, str(error))
    finally:
        await client.close()
    if email != mailbox.address:
        words = f"mailbox.{slug}.address: is {mailbox.address}, but the token reads {email}"
        return Finding("fail", what, words)
    if MODIFY not in client.granted_scopes:
        return Finding("ok", what, f"the token reads {email}")
    words = (
        f"the token reads {email}; its scope gmail.modify could also send, CSM makes no such call"
    )
    return Finding("ok" if mailbox.gmail.label else "warn", what, words)


async def _about_service(settings: Settings) -> list[Finding]:
    try:
        status = await admin.ask(settings.nats, SERVICE, "status")
    except AdminError as error:
        words = f"{error}; whether a self-test has passed can be asked only of the service"
        return [Finding("warn", SERVICE, words)]
    down = [
        Finding("fail", d["name"], d["reason"]) for d in status["down"] if d["name"] != "self-test"
    ]
    return [Finding("ok", SERVICE, "runs"), _about_level(settings, status["allowed"]), *down]


def _about_level(settings: Settings, allowed: WriteLevel | None) -> Finding:
    if allowed is None:
        wanted = any(mailbox.write != "off" for mailbox in settings.mailbox.values())
        words = "has not passed for this FreeScout: run `csm self-test`"
        return Finding("fail" if wanted else "warn", "self-test", words)
    for slug, mailbox in settings.mailbox.items():
        if LEVELS.index(mailbox.write) > LEVELS.index(allowed):
            words = f"mailbox.{slug}.write: {mailbox.write} is refused, {allowed} at most"
            return Finding("fail", "self-test", words)
    return Finding("ok", "self-test", f"passed, allows {allowed}")
