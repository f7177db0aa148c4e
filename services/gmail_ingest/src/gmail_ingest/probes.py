"""What the writer must know of the outside: whether Gmail answers, how this FreeScout behaves."""

from csm import self_test as tests
from csm.db import Database
from csm.dependency import Probe, Trouble
from gmail_ingest.gmail import (
    GmailClient,
    GmailCredentialsError,
    GmailRejectedError,
    GmailUnavailableError,
)
from gmail_ingest.settings import Settings
from gmail_ingest.writes import Behaviour


def gmail(client: GmailClient) -> Probe:
    """Whether Gmail answers with this token; the trouble in one line when it does not."""

    async def probe() -> Trouble | None:
        try:
            await client.profile()
        except (GmailCredentialsError, GmailRejectedError) as error:
            return Trouble(str(error), is_lasting=True)
        except GmailUnavailableError as error:
            return Trouble(str(error))
        return None

    return probe


async def behaviour(db: Database, settings: Settings) -> Behaviour:
    """How to write, as the self-test found out."""
    findings = await db.run(tests.stored, settings.freescout.url) or []
    ignored = any(f.name == "createdAt" and not f.is_ok for f in findings)
    return Behaviour(settings.freescout.user_id, created_at_honoured=not ignored)
