"""What the writer must know of the outside: whether Gmail answers, how this FreeScout behaves."""

from sqlalchemy import Connection

from csm import self_test as tests
from csm.dependency import Probe, Trouble
from csm.settings import FreeScoutSettings
from gmail_ingest.gmail import (
    GmailClient,
    GmailCredentialsError,
    GmailRejectedError,
    GmailUnavailableError,
)
from gmail_ingest.job import Behaviour


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


def behaviour(connection: Connection, desk: FreeScoutSettings) -> Behaviour:
    """How to write, as the self-test found out."""
    findings = tests.stored(connection, desk.url) or []
    ignored = any(f.name == "createdAt" and not f.is_ok for f in findings)
    return Behaviour(desk.user_id, created_at_honoured=not ignored)
