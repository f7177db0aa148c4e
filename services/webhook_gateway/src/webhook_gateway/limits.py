"""How much one sender may ask: bytes, seconds, requests per second."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 1024 * 1024
_MOST_HEAD_BYTES = 16 * 1024
# Seconds a body may take to arrive.
BODY_SECONDS = 10.0
# Addresses that are remembered; the one that was silent longest is forgotten first.
_MOST_SENDERS = 10_000


class RefusedError(Exception):
    """A request that is not taken; `words` tell its sender why."""

    def __init__(self, status: int, reason: str, words: str, retry_after: int = 0) -> None:
        """`reason` is a metric's label; `retry_after` in seconds."""
        super().__init__(words)
        self.status = status
        self.reason = reason
        self.words = words
        self.retry_after = retry_after


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at `per_second`, up to `most`."""

    per_second: float
    most: float
    tokens: float
    at: float

    def takes(self, now: float) -> bool:
        """Use one token; False when there is none. `now` in seconds of any clock."""
        self.tokens = min(self.most, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Rates:
    """One bucket per sender and one for all; what one sender has too much leaves that of others."""

    def __init__(self, per_sender: float, of_all: float) -> None:
        """Requests per second; bursts of two seconds' worth pass."""
        self._per_sender = per_sender
        self._senders: OrderedDict[str, Bucket] = OrderedDict()
        self._all = Bucket(of_all, 2 * of_all, 2 * of_all, 0.0)

    def check(self, sender: str) -> None:
        """Raise RefusedError (429) when `sender`, or all together, ask too much."""
        now = asyncio.get_running_loop().time()
        if not self._of(sender, now).takes(now) or not self._all.takes(now):
            raise RefusedError(429, "rate", "too many requests", retry_after=1)

    def _of(self, sender: str, now: float) -> Bucket:
        most = 2 * self._per_sender
        bucket = self._senders.pop(sender, None) or Bucket(self._per_sender, most, most, now)
        self._senders[sender] = bucket
        if len(self._senders) > _MOST_SENDERS:
            self._senders.popitem(last=False)
        return bucket


def check_head(request: Request) -> None:
    """Raise RefusedError for what is wrong before a byte of the body was read."""
    head = sum(len(key) + len(value) for key, value in request.scope["headers"])
    if head > _MOST_HEAD_BYTES:
        raise RefusedError(431, "size", f"headers: larger than {_MOST_HEAD_BYTES} bytes")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, "media", "content-type: must be application/json")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > MOST_BYTES:
        raise _too_large()


async def read_body(request: Request) -> bytes:
    """The body; raises RefusedError when it is too large, too slow, or breaks off."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise RefusedError(408, "slow", f"body: not there within {BODY_SECONDS:g} s") from None
    except ClientDisconnect:
        raise RefusedError(400, "broken", "body: broke off") from None
    return bytes(body)


def _too_large() -> RefusedError:
    return RefusedError(413, "size", f"body: larger than {MOST_BYTES} bytes")
