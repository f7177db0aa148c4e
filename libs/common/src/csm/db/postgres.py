"""PostgreSQL for two and more replicas: the same steps, by asyncpg."""

import asyncio

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from csm.db.core import Availability, DatabaseUnavailableError, P, Step, T

DRIVER = "postgresql+asyncpg"
# Seconds. A transaction takes milliseconds: what takes longer is stuck, and its caller is better
# off with an error than with a lease that runs out meanwhile.
_CONNECT = 5.0
_STATEMENT = 10.0
# Connections of one process: 8 deliveries and 6 loops share them, each for milliseconds.
_POOL = 5
_OVERFLOW = 5
# Two transactions that wait for each other's rows: one is rolled back whole and may simply run
# again. Serialization failures come only where somebody raised the isolation.
_COLLISIONS = frozenset({"40P01", "40001"})
_ATTEMPTS = 5
# Statement timeout, lock timeout: this transaction failed, others need not.
_BUSY = _COLLISIONS | {"57014", "55P03"}
# Classes of SQLSTATE: connection, resources, operator intervention, system; a refused password and
# a missing database pass when somebody repairs them. Then single ones: a standby, our idle timeout.
_AWAY_CLASSES = frozenset({"08", "28", "3D", "53", "57", "58"})
_AWAY = frozenset({"25006", "25P03"})
_SETTINGS = {
    "application_name": "csm",
    # Whatever the server's default is: an answer to the bus follows every commit.
    "synchronous_commit": "on",
    # A replica that is stopped or cut off inside a transaction must not keep the others from its
    # lease row for longer than this.
    "idle_in_transaction_session_timeout": "15s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_CLOCK = """
CREATE OR REPLACE FUNCTION csm_now() RETURNS double precision LANGUAGE sql VOLATILE
AS 'SELECT extract(epoch FROM clock_timestamp())::double precision'
"""


def define_clock(connection: Connection) -> None:
    """Make the function behind `csm_now()`. Tests put one in its place that they can move."""
    connection.execute(text(_CLOCK))


class PostgresDatabase:
    """A pool of connections; steps run side by side and lock the rows that they must not share."""

    def __init__(
        self, url: str, *, statement_seconds: float = _STATEMENT, is_serving: bool = True
    ) -> None:
        """Connects with the first step; `statement_seconds` 0 sets no limit (migrations).

        `is_serving`: outages are said in the log and as an alert.
        """
        limit = {"statement_timeout": f"{int(statement_seconds * 1000)}ms"}
        self.engine = create_async_engine(
            make_url(url).set(drivername=DRIVER),
            isolation_level="READ COMMITTED",
            pool_size=_POOL,
            max_overflow=_OVERFLOW,
            pool_timeout=_STATEMENT,
            connect_args={
                "timeout": _CONNECT,
                # Our own end of the statement timeout, for a server that does not answer at all.
                "command_timeout": 1.5 * statement_seconds or None,
                "server_settings": _SETTINGS | limit,
            },
        )
        self._running: set[asyncio.Task[object]] = set()
        self.availability = Availability(is_said=is_serving)

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step, again when it collided with another one.

        It runs in a task of its own, so that a cancelled caller does not leave a transaction
        behind of which nobody knows whether it was committed.
        """
        transaction = asyncio.ensure_future(self._committed(step, *args, **kwargs))
        self._running.add(transaction)
        transaction.add_done_callback(self._ended)
        return await asyncio.shield(transaction)

    async def close(self) -> None:
        """Wait for running steps, close the connections."""
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.engine.dispose()

    def _ended(self, transaction: asyncio.Task[object]) -> None:
        self._running.discard(transaction)
        if not transaction.cancelled():
            transaction.exception()  # asked for: the caller may have been cancelled

    async def _committed(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(_ATTEMPTS):
            try:
                answer = await self._transaction(step, *args, **kwargs)
            except DBAPIError as error:
                if _state(error) in _COLLISIONS and attempt < _ATTEMPTS - 1:
                    continue
                if not _is_away(error):
                    raise
                raise self._unavailable(error) from error
            except (OSError, PoolTimeoutError) as error:
                raise self._unavailable(error) from error
            else:
                self.availability.answered()
                return answer
        raise AssertionError("the last attempt returns or raises")

    async def _transaction(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self.engine.begin() as connection:
            return await connection.run_sync(step, *args, **kwargs)

    def _unavailable(self, error: Exception) -> DatabaseUnavailableError:
        """The error as callers know it; said when it concerns more than one transaction."""
        asyncpgs = getattr(getattr(error, "orig", error), "__cause__", None)
        words = f"PostgreSQL: {type(asyncpgs or error).__name__} {_state(error)}".strip()
        if _state(error) not in _BUSY:
            self.availability.failed(words)
        return DatabaseUnavailableError(words)


def _state(error: Exception) -> str:
    """The SQLSTATE, empty for what the server never said."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def _is_away(error: DBAPIError) -> bool:
    state = _state(error)
    is_named = state[:2] in _AWAY_CLASSES or state in _AWAY | _BUSY
    return is_named or error.connection_invalidated
