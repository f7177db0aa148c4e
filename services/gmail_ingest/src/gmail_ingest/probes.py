"""What is wrong with a dependency, in one line that names the key to change; None when well."""

from sqlalchemy import Connection

from csm import dependency
from csm.db import Database
from csm.dependency import Probe, Trouble
from csm.freescout import (
    FreeScout,
    FreeScoutMisconfiguredError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.settings import LEVELS
from gmail_ingest import self_test as tests
from gmail_ingest.gmail import (
    GmailClient,
    GmailCredentialsError,
    GmailRejectedError,
    GmailUnavailableError,
)
from gmail_ingest.settings import Settings
from gmail_ingest.writes import Behaviour


def freescout(client: FreeScout, settings: Settings) -> Probe:
    """Key, mailbox ids and the bot's user, as FreeScout knows them."""

    async def probe() -> Trouble | None:
        try:
            mailboxes = {mailbox.id for mailbox in await client.mailboxes()}
            users = {user.id for user in await client.users()}
        except FreeScoutMisconfiguredError as error:
            return Trouble(error.why, is_lasting=True)
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            return Trouble(str(error))
        for slug, mailbox in settings.mailbox.items():
            if mailbox.freescout_mailbox_id not in mailboxes:
                wrong = f"FreeScout has no mailbox {mailbox.freescout_mailbox_id}"
                key = f"mailbox.{slug}.freescout_mailbox_id"
                return Trouble(f"{key}: {wrong}, it has {sorted(mailboxes)}", is_lasting=True)
        if settings.freescout.user_id not in users:
            wrong = f"FreeScout has no user {settings.freescout.user_id}"
            return Trouble(f"freescout.user_id: {wrong}", is_lasting=True)
        return None

    return probe


def gmail(client: GmailClient) -> Probe:
    """Whether Gmail answers with this token."""

    async def probe() -> Trouble | None:
        try:
            await client.profile()
        except (GmailCredentialsError, GmailRejectedError) as error:
            return Trouble(str(error), is_lasting=True)
        except GmailUnavailableError as error:
            return Trouble(str(error))
        return None

    return probe


def self_test(db: Database, settings: Settings) -> Probe:
    """Whether the stored self-test allows the configured write levels."""

    async def probe() -> Trouble | None:
        writing = {s: m.write for s, m in settings.mailbox.items() if m.write != "off"}
        if not writing:
            return None
        findings = await db.run(tests.stored, settings.freescout.url)
        if findings is None:
            wrong = "no self-test has passed for this FreeScout; run `csm self-test`"
            return Trouble(wrong, is_lasting=True)
        allowed = tests.allowed_level(findings)
        for slug, level in writing.items():
            if LEVELS.index(level) > LEVELS.index(allowed):
                reasons = "; ".join(f"{f.name} {f.words}" for f in findings if not f.is_ok)
                wrong = f"{level} is refused, at most {allowed}: {reasons}"
                return Trouble(f"mailbox.{slug}.write: {wrong}", is_lasting=True)
        return None

    return probe


def refusals(connection: Connection, settings: Settings) -> list[str]:
    """Why a failed self-test keeps the service from being ready; one that is missing only waits."""
    down = dependency.down(connection, "self-test")
    if down is None or tests.stored(connection, settings.freescout.url) is None:
        return []
    return [f"the self-test failed: {down.reason}"]


async def behaviour(db: Database, settings: Settings) -> Behaviour:
    """How to write, as the self-test found out."""
    findings = await db.run(tests.stored, settings.freescout.url) or []
    ignored = any(f.name == "createdAt" and not f.is_ok for f in findings)
    return Behaviour(settings.freescout.user_id, created_at_honoured=not ignored)
