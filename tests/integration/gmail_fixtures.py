"""Fixtures: a running Gmail simulator, and clients that are closed at the end.

A test module takes them with `pytest_plugins = ("integration.gmail_fixtures",)`.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmail_ingest.gmail import GmailAccount, GmailClient, TokenBucket
from integration.gmail_server import GmailServer, OpenGmail, gmail_server, token_file


@pytest.fixture
def gmail() -> Iterator[GmailServer]:
    with gmail_server(empty_page_every=0) as server:
        yield server


@pytest.fixture
async def open_gmail() -> AsyncIterator[OpenGmail]:
    clients: list[GmailClient] = []

    def opened(gmail: GmailServer, file: Path, **options: Any) -> GmailClient:
        account = GmailAccount("support", file, gmail.root)
        clients.append(GmailClient(account, TokenBucket(1_000_000), **options))
        return clients[-1]

    yield opened
    for client in clients:
        await client.close()


@pytest.fixture
async def gmail_client(gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail) -> GmailClient:
    return open_gmail(gmail, token_file(tmp_path, gmail))
