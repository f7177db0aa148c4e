"""Customers: found by id or address, made when unknown."""

import re
from collections.abc import Callable

from simulators.freescout.records import Customer, CustomerRef, RefusedError

_NOT_IN_ADDRESS = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~@.\[\]-]")
_MAX_ADDRESS = 191


def sanitise_address(text: str) -> str:
    """Return the address FreeScout would store; it deletes characters rather than parse.

    FreeScout: `"A B" <disp@x>` becomes `abdisp@x`, `ünï@x` becomes `n@x`, 191 characters at most.
    """
    return _NOT_IN_ADDRESS.sub("", text).lower()[:_MAX_ADDRESS]


class CustomerBook:
    """All customers of the installation; `tell` hears of new and of changed ones by event name."""

    def __init__(self, tell: Callable[[str, Customer], None]) -> None:
        self._tell = tell
        self.rows: dict[int, Customer] = {}
        self._by_address: dict[str, int] = {}

    def get(self, customer_id: int) -> Customer:
        """Return the customer; raise RefusedError (404) when unknown."""
        if customer_id not in self.rows:
            raise RefusedError("customer.id", "Customer not found", status=404)
        return self.rows[customer_id]

    def by_address(self, address: str) -> Customer | None:
        """Return the customer with this address, whatever its case."""
        customer_id = self._by_address.get(address.lower())
        return None if customer_id is None else self.rows[customer_id]

    def resolve(self, ref: CustomerRef) -> Customer:
        """Return the named customer, made if the address or phone is new.

        Raise RefusedError when the id is unknown or nothing usable is given.
        """
        if ref.id is not None:
            if ref.id not in self.rows:
                raise RefusedError("customer.id", "Customer not found")
            return self.rows[ref.id]
        if ref.email is None:
            return self._without_address(ref)
        return self._with_address(ref, sanitise_address(ref.email))

    def _with_address(self, ref: CustomerRef, address: str) -> Customer:
        if not re.fullmatch(r".+@.+", address):
            raise RefusedError("customer.email", "Invalid email address")
        known = self.by_address(address)
        if known is None:
            return self._add(ref, address)
        self.rename(known, known.first_name or ref.first_name, known.last_name or ref.last_name)
        return known

    def rename(self, customer: Customer, first_name: str, last_name: str) -> None:
        """Give a customer another name; the same name again does nothing."""
        if (first_name, last_name) == (customer.first_name, customer.last_name):
            return
        customer.first_name, customer.last_name = first_name, last_name
        self._tell("customer.updated", customer)

    def _without_address(self, ref: CustomerRef) -> Customer:
        if ref.phone is None:
            raise RefusedError("customer", "`customer` parameter is required")
        return self._add(ref, None)

    def _add(self, ref: CustomerRef, address: str | None) -> Customer:
        customer = Customer(len(self.rows) + 1, address, ref.first_name, ref.last_name, ref.phone)
        self.rows[customer.id] = customer
        if address is not None:
            self._by_address[address] = customer.id
        self._tell("customer.created", customer)
        return customer
