"""Signs of life of a service's loops: what a liveness probe asks, without any dependency."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds (scaled) without a sign of life until a loop hangs, beside its own pause.
_PATIENCE = 60.0
# The same while the loop waits for others, whose every call has a deadline of its own.
_ELSEWHERE = 600.0
# The fast profile on a busy machine: a starved process is not a hanging one.
_LEAST = 5.0


class Tick:
    """When a loop last went round. Before its first round it is not judged: NATS may be away."""

    def __init__(self, loop: str, pause: float = 0.0) -> None:
        """`pause` in seconds is a rest between two rounds that is not scaled."""
        self.loop = loop
        self._pause = pause
        self._at: float | None = None
        self._asking = 0

    def __call__(self) -> None:
        """The loop has moved."""
        self._at = time.monotonic()

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """While the loop asks others: an outage of theirs must not end us."""
        self()
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1
            self()

    @property
    def age(self) -> float | None:
        """Seconds since the last sign of life, None before the first."""
        return None if self._at is None else time.monotonic() - self._at

    def hangs(self, scale: float) -> bool:
        """Whether only a restart can help; `scale` is the timing's."""
        limit = _ELSEWHERE if self._asking else _PATIENCE
        return (self.age or 0.0) > max(limit * scale, _LEAST) + self._pause
