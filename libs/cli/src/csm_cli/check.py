"""`csm check`: everything that can be found out without changing anything, one line each."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from csm import admin, install, migrations, streams
from csm.admin import AdminError
from csm.freescout import FreeScout
from csm.install import InstallKeyError
from csm.settings import LEVELS, WriteLevel
from csm_cli.embedded_nats import monitor_of
from csm_cli.operate import SERVICE
from gmail_ingest import probes
from gmail_ingest.gmail import (
    GmailAccount,
    GmailClient,
    GmailCredentialsError,
    GmailRejectedError,
    GmailUnavailableError,
    TokenBucket,
)
from gmail_ingest.settings import MailboxSettings, Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["ok", "warn", "fail"]
    what: str
    words: str


async def check(settings: Settings) -> list[Finding]:
    """All findings, in the order in which one would repair them."""
    found = [Finding("ok", "settings", "complete"), *_about_state(settings)]
    found += await _about_bus(settings)
    found.append(await _about_desk(settings))
    for slug, mailbox in settings.mailbox.items():
        found.append(await _about_gmail(slug, mailbox))
    return found + await _about_service(settings)


def _about_state(settings: Settings) -> Iterator[Finding]:
    try:
        key = install.read_key(settings.install_key_path)
    except InstallKeyError as error:
        yield Finding("fail", "install key", str(error))
        return
    yield Finding("ok", "install key", f"{settings.install_key_path} (keep a backup)")
    path = settings.database_path
    if not path.is_file():
        yield Finding("fail", "database", f"{path} is not there: run `csm provision`")
        return
    try:
        yield _about_schema(path, key)
    except sqlite3.Error as error:
        yield Finding("fail", "database", f"{path} cannot be read: {error}")


def _about_schema(path: Path, key: bytes) -> Finding:
    """Read only: the file belongs to the running service."""
    newest = migrations.newest(SERVICE)
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        have = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        owner = connection.execute("SELECT fingerprint FROM install").fetchone()
    if have != (newest,):
        words = f"schema is {have and have[0]}, needs {newest}: run `csm provision`"
        return Finding("fail", "database", words)
    mine = install.fingerprint(key)
    if owner and owner[0] != mine:
        words = f"{path} was made with install key {owner[0]}, the key file holds {mine}"
        return Finding("fail", "database", words)
    return Finding("ok", "database", f"{path}, schema {newest}")


async def _about_bus(settings: Settings) -> list[Finding]:
    url = settings.nats.url
    try:
        client = await nats.connect(url, allow_reconnect=False, connect_timeout=3)
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
        trouble = await probes.freescout(client, settings)()
    finally:
        await client.aclose()
    if trouble is not None:
        return Finding("fail", "FreeScout", trouble.why)
    return Finding("ok", "FreeScout", f"{desk.url} knows the key, the mailboxes and the user")


async def _about_gmail(slug: str, mailbox: MailboxSettings) -> Finding:
    what = f"Gmail {slug}"
    account = GmailAccount(slug, mailbox.gmail.token_file, mailbox.gmail.api_root)
    try:
        client = GmailClient(account, TokenBucket(mailbox.gmail.quota_units_per_minute))
    except GmailCredentialsError as error:
        return Finding("fail", what, f"mailbox.{slug}.gmail.token_file: {error}")
    try:
        email = (await client.profile()).email.lower()
    except (GmailUnavailableError, GmailCredentialsError, GmailRejectedError) as error:
        return Finding("fail", what, str(error))
    finally:
        await client.close()
    if email == mailbox.address:
        return Finding("ok", what, f"the token reads {email}")
    words = f"mailbox.{slug}.address: is {mailbox.address}, but the token reads {email}"
    return Finding("fail", what, words)


async def _about_service(settings: Settings) -> list[Finding]:
    try:
        status = await admin.ask(settings.nats.url, SERVICE, "status")
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
