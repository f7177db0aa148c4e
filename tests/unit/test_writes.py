"""What a failed look back after a write says, and what it must not say."""

import httpx
import pytest

from csm.freescout import Conversation, FreeScout, FreeScoutUnavailableError
from csm.timing import PROFILES
from gmail_ingest.lookup import Lookup
from gmail_ingest.mime import Attachment
from gmail_ingest.writes import Writes
from mails import job, mail

KEY = b"an install key of the tests"
CONVERSATION = Conversation.model_validate(
    {
        "id": 7,
        "customer": {"id": 1, "email": "ann@customer.example"},
        "createdAt": "2026-11-04T10:00:00Z",
        "updatedAt": "2026-11-04T10:00:00Z",
    }
)
PDF = Attachment("offer.pdf", "application/pdf", b"%PDF", None)


def _refuses(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


def _rejects(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(400, json={"message": "Error occurred"})


def _denies(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(401, json={"message": "Error occurred"})


@pytest.mark.parametrize("look", [_refuses, _rejects, _denies])
@pytest.mark.parametrize("kind", ["create", "append"])
async def test_a_failed_look_back_leaves_the_write_uncertain(look: object, kind: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            made = {"id": 9, "_embedded": {"threads": [{"id": 12, "type": "customer"}]}}
            return httpx.Response(201, json=made, headers={"Resource-ID": "9"})
        return look(request)  # type: ignore[operator,no-any-return]

    work = job(mail(attachments=(PDF,)))
    transport = httpx.MockTransport(answer)
    async with FreeScout(
        "https://desk.example", "key", PROFILES["fast"], transport=transport
    ) as desk:
        writes = Writes(desk, Lookup(desk, KEY), KEY)
        made = (
            writes.creation(work, None) if kind == "create" else writes.addition(work, CONVERSATION)
        )
        with pytest.raises(FreeScoutUnavailableError) as failed:
            await made.send(float("inf"))
    assert not failed.value.certain
