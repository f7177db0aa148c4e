"""Access tokens: which open a mailbox, which are refused, and what the token endpoint answers."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.gmail.consent import Consent

READONLY = "https://www.googleapis.com/auth/gmail.readonly"


@dataclass(slots=True)
class Tokens:
    """Any token opens a mailbox until `expire`; "<text>:<address>" opens that address.

    After `expire` only tokens that `refresh` gave out later are good. After `revoke` none is, or
    none of an address or refresh token in `withdrawn`. `signs_in` answers the consent page and
    ticks `granted`.
    """

    default: str
    scope: str = READONLY
    lifetime_s: int = 3600
    revoked: bool = False
    withdrawn: set[str] = field(default_factory=set)
    signs_in: str = ""
    granted: str = ""
    delegated: set[str] = field(default_factory=lambda: {READONLY})
    consents: dict[str, "Consent"] = field(default_factory=dict)
    strict: bool = False
    issued: int = 0
    _good: set[str] = field(default_factory=set)

    def mailbox_of(self, token: str) -> str | None:
        """The address this access token opens, or None when it is refused."""
        if not token or self.revoked or (self.strict and token not in self._good):
            return None
        address = self._address(token)
        return None if address in self.withdrawn else address

    def refresh(self, refresh_token: str) -> str | None:
        """A new access token for the mailbox of the refresh token; None is `invalid_grant`."""
        if self.revoked or not refresh_token:
            return None
        address = self._address(refresh_token)
        if self.withdrawn & {address, refresh_token}:
            return None
        self.issued += 1
        token = f"access-{self.issued}:{address}"
        self._good.add(token)
        return token

    def _address(self, token: str) -> str:
        address = token.rpartition(":")[2]
        return address if "@" in address else self.default

    def expire(self) -> None:
        """Every access token handed out or made up so far is refused."""
        self.strict = True
        self._good.clear()
