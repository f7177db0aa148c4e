"""What is wrong with a dependency, in one line that names the key to change; None when well."""

from csm.db import Database
from csm.dependency import Probe
from csm.freescout import FreeScout, FreeScoutRejectedError, FreeScoutUnavailableError
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

    async def probe() -> str | None:
        try:
            mailboxes = {mailbox.id for mailbox in await client.mailboxes()}
            users = {user.id for user in await client.users()}
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            return str(error)
        for slug, mailbox in settings.mailbox.items():
            if mailbox.freescout_mailbox_id not in mailboxes:
                return (
                    f"mailbox.{slug}.freescout_mailbox_id: FreeScout has no mailbox "
                    f"{mailbox.freescout_mailbox_id}, it has {sorted(mailboxes)}"
                )
        if settings.freescout.user_id not in users:
            return f"freescout.user_id: FreeScout has no user {settings.freescout.user_id}"
        return None

    return probe


def gmail(client: GmailClient) -> Probe:
    """Whether Gmail answers with this token."""

    async def probe() -> str | None:
        try:
            await client.profile()
        except (GmailUnavailableError, GmailCredentialsError, GmailRejectedError) as error:
            return str(error)
        return None

    return probe


def self_test(db: Database, settings: Settings) -> Probe:
    """Whether the stored self-test allows the configured write levels."""

    async def probe() -> str | None:
        writing = {s: m.write for s, m in settings.mailbox.items() if m.write != "off"}
        if not writing:
            return None
        findings = await db.run(tests.stored, settings.freescout.url)
        if findings is None:
            return "no self-test has passed for this FreeScout; run `csm self-test`"
        allowed = tests.allowed_level(findings)
        for slug, level in writing.items():
            if LEVELS.index(level) > LEVELS.index(allowed):
                reasons = "; ".join(f"{f.name} {f.words}" for f in findings if not f.is_ok)
                return f"mailbox.{slug}.write: {level} is refused, at most {allowed}: {reasons}"
        return None

    return probe


async def behaviour(db: Database, settings: Settings) -> Behaviour:
    """How to write, as the self-test found out."""
    findings = await db.run(tests.stored, settings.freescout.url) or []
    ignored = any(f.name == "createdAt" and not f.is_ok for f in findings)
    return Behaviour(settings.freescout.user_id, created_at_honoured=not ignored)
