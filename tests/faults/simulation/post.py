"""Gmail as Google's library would show it to the real client: the simulator's own answers.

Google's library and httplib2 are left out: building one request takes longer than everything else
that a mail costs. Paging, parsing and the meaning of errors are the shipped client's.
"""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httplib2
from googleapiclient.errors import HttpError
from starlette.requests import Request

from faults.simulation.virtual import LIFE, KilledError
from faults.simulation.world import World
from gmail_ingest.gmail import GmailClient, Prices, TokenBucket
from simulators.gmail import answers
from simulators.gmail.api import Call, GmailApi
from simulators.gmail.mailbox import Mailbox
from simulators.gmail.world import Settings
from simulators.gmail.world import World as Gmail


class Post:
    """One Gmail mailbox; `down` is why it does not answer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.down = ""
        self.gmail = Gmail(Settings(clock=world.now, seed=world.seed))
        self._api = GmailApi(self.gmail)

    @property
    def box(self) -> Mailbox:
        """The mailbox of the support address."""
        return self.gmail.mailbox()

    def ask(self, handler: str, path: dict[str, str], query: dict[str, Any]) -> Any:
        """The JSON of one call. Raises HttpError as Google's library does."""
        life = LIFE.get()
        if life is not None and life.is_dead:
            raise KilledError
        if self.down or self.world.hit("gmail_fails"):
            raise _http_error(answers.unavailable())
        scope = {
            "type": "http", "method": "GET", "path": "/", "headers": [], "path_params": path,
            "query_string": urlencode(_given(query), doseq=True).encode(),
        }  # fmt: skip
        call = Call(self.box, Request(scope), {}, None)
        try:
            return getattr(self._api, handler)(call)
        except answers.ApiError as error:
            raise _http_error(error) from None

    def profile(self) -> Any:
        """The JSON of users.getProfile."""
        if self.down:
            raise _http_error(answers.unavailable())
        return answers.profile(self.box)


class SimulatedGmail(GmailClient):
    """The shipped client over that mailbox; what it does not call here is not there."""

    def __init__(self, post: Post) -> None:
        # The parent's constructor reads a token file and opens threads.
        self._post = post
        self._account = SimpleNamespace(  # type: ignore[assignment]
            slug="support", asked=SimpleNamespace(key="token_file")
        )
        self._users = _Users(post)
        self._messages = self._users.messages()
        self._https = SimpleNamespace(mine=lambda: None)  # type: ignore[assignment]
        self._quota = TokenBucket(4000, clock=post.world.loop.time)
        self._prices = Prices()
        self._pool = None  # type: ignore[assignment]
        self._paused_until = 0.0

    async def _ask(self, call: str, *args: Any, **kwargs: Any) -> Any:
        await self._post.world.step(f"gmail {call}")
        self._post.world.note("gmail", call)
        return await super()._ask(call, *args, **kwargs)


class _Users:
    """`service.users()` of Google's library, as far as a reader goes."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def getProfile(self, **_query: Any) -> "_Asked":  # noqa: N802  # Google's name
        return _Asked(self._post.profile)

    def history(self) -> SimpleNamespace:
        return SimpleNamespace(list=lambda **query: self._asked("_history", {}, query))

    def messages(self) -> SimpleNamespace:
        return SimpleNamespace(
            list=lambda **query: self._asked("_list", {}, query),
            get=lambda id, **query: self._asked("_get", {"id": id}, query),  # noqa: A006
        )

    def _asked(self, handler: str, path: dict[str, str], query: dict[str, Any]) -> "_Asked":
        return _Asked(lambda: self._post.ask(handler, path, query))


class _Asked:
    """A request of Google's library."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def execute(self, **_options: Any) -> Any:
        return self._answer()


def _given(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _http_error(error: answers.ApiError) -> HttpError:
    response = httplib2.Response({"status": str(error.status)})
    return HttpError(response, json.dumps(error.body()).encode())
