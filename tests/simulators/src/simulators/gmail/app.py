"""The Gmail simulator as one web application."""

import time
from collections.abc import Callable, Mapping

from starlette.applications import Starlette

from simulators.gmail.api import GmailApi
from simulators.gmail.consent import ConsentPage
from simulators.gmail.control import Control
from simulators.gmail.oauth import TokenEndpoint
from simulators.gmail.pages import Pages
from simulators.gmail.quota import PRICES
from simulators.gmail.world import DEFAULT_MAILBOX, Settings, World


def build(  # noqa: PLR0913  # keyword settings, each with its default
    *,
    mailbox: str = DEFAULT_MAILBOX,
    clock: Callable[[], float] = time.time,
    history_digits: int = 7,
    quota_per_minute: int | None = None,
    prices: Mapping[str, int] = PRICES,
    empty_page_every: int = 7,
    max_page: int = 500,
    seed: int = 0,
) -> Starlette:
    """A fresh simulator; its state is `app.state.world`.

    `clock` gives epoch seconds. Real Gmail's history ids reach 21 digits (`history_digits`).
    `quota_per_minute` in units refuses what is above it; None only counts. Every
    `empty_page_every`-th history answer is a page without `history` (0: never). `max_page` cuts
    the pages of lists and history.
    """
    settings = Settings(
        clock=clock,
        mailbox=mailbox,
        history_digits=history_digits,
        quota_per_minute=quota_per_minute,
        prices=prices,
        empty_page_every=empty_page_every,
        max_page=max_page,
        seed=seed,
    )
    world = World(settings)
    parts = (
        GmailApi(world),
        ConsentPage(world),
        TokenEndpoint(world),
        Control(world),
        Pages(world),
    )
    app = Starlette(routes=[route for part in parts for route in part.routes()])
    app.state.world = world
    return app
