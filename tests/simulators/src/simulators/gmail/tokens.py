"""Access tokens: which open a mailbox, which are refused, and what the token endpoint answers."""

from dataclasses import dataclass, field

READONLY = "https://www.googleapis.com/auth/gmail.readonly"


@dataclass(slots=True)
class Tokens:
    """Any token opens a mailbox until `expire`; "<text>:<address>" opens that address.

    After `expire` only tokens that `refresh` gave out later are good. After `revoke` none is.
    """

    default: str
    scope: str = READONLY
    lifetime_s: int = 3600
    revoked: bool = False
    strict: bool = False
    issued: int = 0
    _good: set[str] = field(default_factory=set)

    def mailbox_of(self, token: str) -> str | None:
        """The address this access token opens, or None when it is refused."""
        if not token or self.revoked or (self.strict and token not in self._good):
            return None
        address = token.rpartition(":")[2]
        return address if "@" in address else self.default

    def refresh(self, refresh_token: str) -> str | None:
        """A new access token for the mailbox of the refresh token; None is `invalid_grant`."""
        if self.revoked or not refresh_token:
            return None
        address = refresh_token.rpartition(":")[2]
        self.issued += 1
        token = f"access-{self.issued}:{address if '@' in address else self.default}"
        self._good.add(token)
        return token

    def expire(self) -> None:
        """Every access token handed out or made up so far is refused."""
        self.strict = True
        self._good.clear()
