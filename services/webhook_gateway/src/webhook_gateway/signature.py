"""Who sent a webhook: FreeScout's signature over the raw body. No I/O, no clock."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

# FreeScout derives it from its APP_KEY: md5(APP_KEY . "webhook_key"), in hex.
_SECRET = re.compile(r"[0-9a-f]{32}")
# base64 of 20 bytes is 28 characters; more is read by nobody.
_LONGEST = 64


def problem_of(secret: str) -> str | None:
    """Why this cannot be FreeScout's webhook secret, None when it can; never quotes it."""
    if secret.startswith("base64:"):
        return (
            "holds FreeScout's APP_KEY, which opens everything; write the secret that stands in "
            "Manage » API & Webhooks (32 hex digits), and keep the key away from here"
        )
    if not _SECRET.fullmatch(secret):
        return "must hold the secret of Manage » API & Webhooks: 32 hex digits in lower case"
    return None


def signature(body: bytes, secret: bytes) -> bytes:
    """X-FreeScout-Signature: base64(HMAC-SHA1(raw body, secret))."""
    return base64.b64encode(hmac.new(secret, body, hashlib.sha1).digest())


def signer(body: bytes, given: bytes, secrets: Sequence[bytes]) -> int | None:
    """Which of the secrets signed the body (from 0), None when none did.

    All are computed and compared in constant time, whichever fits.
    """
    if not 0 < len(given) <= _LONGEST:
        return None
    fits = [hmac.compare_digest(signature(body, secret), given) for secret in secrets]
    return fits.index(True) if any(fits) else None


def knows_header_secret(body: bytes, signed: bytes, plain: bytes, secret: bytes) -> bool:
    """The predecessor's scheme: hex of HMAC-SHA256 over the body, else the secret itself."""
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
    is_signed = hmac.compare_digest(expected, signed)
    is_known = hmac.compare_digest(secret, plain)
    return is_signed if signed else is_known
