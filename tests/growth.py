"""How the cost of a text grows with its length: a busy or slow machine changes no proportion."""

import time
from collections.abc import Callable

_SMALL, _TIMES, _TRIES = 6_000, 8, 2
# Eight times the text: linear work takes 8 times as long, quadratic work 64 times.
_MOST = 24
# Below this the clock's own steps would be compared (seconds).
_FLOOR = 0.002


def grows_with_length(work: Callable[[str], object], piece: str, around: str = "{}") -> bool:
    """Whether `work` on 48,000 characters of repeated `piece` costs about 8 times that of 6,000.

    The better of two runs counts, in CPU seconds: what came between is in the other.
    `around` has the place of the repeated text.
    """
    few, many = (
        min(_cost(work, around.format(piece * (size // len(piece)))) for _ in range(_TRIES))
        for size in (_SMALL, _SMALL * _TIMES)
    )
    return many <= _MOST * max(few, _FLOOR)


def _cost(work: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    work(text)
    return time.process_time() - begun
