"""The encrypted form of a token file: Fernet under a passphrase, as the predecessor wrote it."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

# The predecessor's count. Its salt is only known to be derived from the passphrase: we take the
# first 16 bytes of the passphrase's SHA-256. A file made another way does not open, and says so.
_ITERATIONS = 480_000
_SALT_BYTES = 16
# Version byte 0x80 and the upper bytes of the time, in base64: how every Fernet token begins.
_FERNET_START = b"gAAAA"


class CipherError(ValueError):
    """The passphrase does not open the file."""


def is_encrypted(content: bytes) -> bool:
    """Whether this is a Fernet token, by its beginning."""
    return content.lstrip().startswith(_FERNET_START)


def opened(content: bytes, passphrase: str) -> bytes:
    """The plain content. Raises CipherError."""
    try:
        return Fernet(_key(passphrase)).decrypt(content.strip())
    except InvalidToken:
        raise CipherError("the passphrase does not open it") from None


def closed(content: bytes, passphrase: str) -> bytes:
    """The encrypted content."""
    return Fernet(_key(passphrase)).encrypt(content)


def _key(passphrase: str) -> bytes:
    secret = passphrase.encode()
    salt = hashlib.sha256(secret).digest()[:_SALT_BYTES]
    return base64.urlsafe_b64encode(hashlib.pbkdf2_hmac("sha256", secret, salt, _ITERATIONS))
