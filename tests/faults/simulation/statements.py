"""Runs the statements of the shipped steps on SQLite without SQLAlchemy's context per execution.

SQLAlchemy compiles them and makes their rows; what it does around every single execution (events,
pools, cursors' bookkeeping) costs ten times the query in memory. Whatever is not a plain statement
with plain parameters goes its usual way.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

_MISSING = object()
_NO_COLUMNS = SimpleResultMetaData(())


class Answer(IteratorResult[Any]):
    """The rows of a statement, and how many it changed."""

    rowcount = -1


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Whence one parameter gets its value: the caller, this statement, else the compiled one."""

    key: str
    name: str
    extracted: int | None
    constant: Any

    def value(self, given: Mapping[str, Any], extracted: Sequence[Any] | None) -> Any:
        for name in (self.key, self.name):
            if name in given:
                return given[name]
        if extracted is not None and self.extracted is not None:
            return extracted[self.extracted].effective_value
        assert self.constant is not _MISSING, f"the statement wants a value for {self.key}"
        return self.constant


@dataclass(frozen=True, slots=True)
class _Mark:
    """One `?`: the parameter, which one of it where it is a list, and its conversion."""

    name: str
    number: int | None
    convert: Callable[[Any], Any] | None

    def filled(self, values: Mapping[str, Any]) -> Any:
        value = values[self.name]
        if self.number is not None:
            value = value[self.number]
        return self.convert(value) if self.convert else value


@dataclass(frozen=True, slots=True)
class _Plan:
    """What SQLite gets; `metadata` None when it returns no rows."""

    sql: str
    marks: Sequence[_Mark]
    metadata: SimpleResultMetaData | None


class PlainConnection:
    """What steps use of a Connection: `execute` and `dialect`."""

    def __init__(self, connection: Connection, raw: sqlite3.Connection) -> None:
        self.dialect = connection.dialect
        self._connection = connection
        self._raw = raw
        self._compiled: dict[Any, Any] = {}
        self._parameters: dict[SQLCompiler, Sequence[_Parameter] | None] = {}
        self._plans: dict[tuple[Any, ...], _Plan] = {}

    def execute(self, statement: Executable, parameters: Any = None) -> Any:
        """As Connection.execute."""
        if isinstance(parameters, list):
            if len(parameters) != 1:
                return self._connection.execute(statement, parameters)
            parameters = parameters[0]
        given = parameters or {}
        compiled, extracted, collected, _ = statement._compile_w_cache(  # type: ignore[attr-defined]
            self.dialect, compiled_cache=self._compiled, column_keys=sorted(given)
        )
        wanted = self._wanted(compiled)
        if wanted is None or collected is not None:
            return self._connection.execute(statement, parameters)
        values = {one.name: one.value(given, extracted) for one in wanted}
        return self._answer(self._plan(compiled, values), values)

    def _answer(self, plan: _Plan, values: Mapping[str, Any]) -> Answer:
        cursor = self._raw.execute(plan.sql, [mark.filled(values) for mark in plan.marks])
        rows = cursor.fetchall() if plan.metadata else ()
        answer = Answer(plan.metadata or _NO_COLUMNS, iter(rows))
        answer.rowcount = cursor.rowcount
        return answer

    def _wanted(self, compiled: SQLCompiler) -> Sequence[_Parameter] | None:
        if compiled not in self._parameters:
            plain = _parameters(compiled) if _is_plain(compiled) else None
            self._parameters[compiled] = plain
        return self._parameters[compiled]

    def _plan(self, compiled: SQLCompiler, values: Mapping[str, Any]) -> _Plan:
        """A list makes as many `?` as it is long."""
        lists = compiled.post_compile_params
        shape = (compiled, *(len(values[compiled.bind_names[one]]) for one in lists))
        if shape not in self._plans:
            self._plans[shape] = _planned(compiled, values)
        return self._plans[shape]


def _is_plain(compiled: SQLCompiler) -> bool:
    """Whether nothing is left to do before the execution but to fill in values."""
    has_defaults = compiled.insert_prefetch or compiled.update_prefetch
    is_special = compiled.literal_execute_params or compiled.implicit_returning
    has_tuples = any(one.type._is_tuple_type for one in compiled.post_compile_params)
    return not (is_special or has_defaults or has_tuples or compiled.isplaintext)


def _parameters(compiled: SQLCompiler) -> list[_Parameter]:
    extracted: dict[Any, int] = {}
    if compiled.cache_key is not None:
        matching = compiled._cache_key_bind_match
        assert matching is not None
        for number, original in enumerate(compiled.cache_key[1]):
            extracted.update(dict.fromkeys(matching[0][original], number))
    return [
        _Parameter(
            bind.key, name, extracted.get(bind), _MISSING if bind.required else bind.effective_value
        )
        for bind, name in compiled.bind_names.items()
    ]


def _planned(compiled: SQLCompiler, values: Mapping[str, Any]) -> _Plan:
    # It takes the lists out of what it is given.
    state = compiled._process_parameters_for_postcompile(dict(values))
    converts = {**compiled._bind_processors, **state.processors}
    places: dict[str, tuple[str, int | None]] = {name: (name, None) for name in values}
    for name, parts in state.parameter_expansion.items():
        places.update({part: (name, number) for number, part in enumerate(parts)})
    names = state.positiontup or ()
    marks = [_Mark(*places[name], converts.get(name)) for name in names]
    return _Plan(state.statement, marks, _metadata(compiled))


def _metadata(compiled: SQLCompiler) -> SimpleResultMetaData | None:
    columns = compiled._result_columns
    if not columns:
        return None
    converts = [one.type._cached_result_processor(compiled.dialect, None) for one in columns]
    # None says that no column has anything to convert.
    wanted = converts if any(converts) else None
    return SimpleResultMetaData(list(map(attrgetter("keyname"), columns)), _processors=wanted)
