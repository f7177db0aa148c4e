"""Weakened copies of the shipped code: the simulation must find each of them broken."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

Weaken = Callable[[ExitStack], None]
VARIANTS: dict[str, Weaken] = {}


@contextmanager
def weakened(variant: str | None) -> Iterator[None]:
    """The code as that variant has it, while the block runs."""
    with ExitStack() as stack:
        if variant is not None:
            VARIANTS[variant](stack)
        yield
