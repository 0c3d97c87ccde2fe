"""Queries whose SQL is made once for this process: Django makes it anew each time, which costs more than the answer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import update_wrapper
from secrets import randbits, token_hex
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import UUID, uuid4

from django.db import connections
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

P = ParamSpec("P")
Row = TypeVar("Row")

LONG_AGO = datetime(1000, 1, 1, tzinfo=UTC)
STAND_INS: dict[type, Callable[[], Any]] = {
    UUID: uuid4,
    str: lambda: token_hex(16),
    datetime: lambda: LONG_AGO + timedelta(microseconds=randbits(52)),
}
TAKEN = object()


class NotPreparable(Exception):
    """A query that may not be made once: what it says depends on more than the parameters of its SQL."""


class Prepared(Generic[P, Row]):
    """A function that gives a QuerySet, as one that gives its rows.

    The ids, texts and moments it is called with reach SQL as parameters, and nowhere else: the function itself runs
    once, with stand-ins. Anything else (an Enum, a bool, None) makes an SQL of its own. What it says of the hour it
    says by `Now()`.
    """

    def __init__(self, build: Callable[P, QuerySet[Any, Row]]) -> None:
        self.build = build
        self._statements: dict[tuple[object, ...], _Statement] = {}
        update_wrapper(self, build)

    def __call__(self, *given: P.args, **named: P.kwargs) -> list[Row]:
        """Raises NotPreparable."""
        if named:
            raise NotPreparable(f"{self.build.__qualname__}: called by position only")
        key = tuple(TAKEN if _moves(each) else each for each in given)
        statement = self._statements.get(key)
        if statement is None:
            statement = self._statements[key] = self._prepare(given)
        return statement.rows([each for each in given if _moves(each)])

    def first(self, *given: P.args, **named: P.kwargs) -> Row | None:
        """The first of its rows, or the only one; None when there is none."""
        return next(iter(self(*given, **named)), None)

    def _prepare(self, given: Sequence[object]) -> _Statement:
        given = [STAND_INS[type(each)]() if _moves(each) else each for each in given]
        build: Callable[..., QuerySet[Any, Row]] = self.build
        try:
            return _Statement(build(*given), [each for each in given if _moves(each)])
        except NotPreparable as error:
            raise NotPreparable(f"{self.build.__qualname__}: {error}") from None


class _Statement:
    """One SQL, and the places of its parameters that differ from call to call."""

    def __init__(self, queryset: QuerySet[Any, Any], stand_ins: Sequence[object]) -> None:
        query = queryset.query
        if vars(queryset)["_prefetch_related_lookups"]:
            raise NotPreparable("brings other rows by a second query")
        self._queryset = queryset
        self._compiler = query.get_compiler(queryset.db)
        self._sql, self._params = self._compiler.as_sql()
        self._slots = [_slot(each, stand_ins) for each in self._params]
        if missing := set(range(len(stand_ins))) - {place for slot in self._slots for place in slot}:
            raise NotPreparable(f"arguments {sorted(missing)} are no parameters of the SQL")

    def rows(self, values: Sequence[object]) -> list[Any]:
        params = [
            _filled(each, slot, values) if slot else each
            for each, slot in zip(self._params, self._slots, strict=True)
        ]
        compiler = copy.copy(self._compiler)
        compiler.connection = connections[self._queryset.db]
        if self._queryset.query.select_for_update and compiler.connection.get_autocommit():
            raise TransactionManagementError("rows are held to the end of a transaction, and there is none")
        vars(compiler)["as_sql"] = lambda *_, **__: (self._sql, params)
        found = self._queryset.all()
        vars(found.query)["get_compiler"] = lambda *_, **__: compiler
        return list(found)


def _moves(value: object) -> bool:
    """Whether it is a parameter. Raises NotPreparable for what is neither that nor one of a few."""
    if isinstance(value, Enum | bool) or value is None:
        return False
    if type(value) not in STAND_INS:
        raise NotPreparable(f"a {type(value).__name__} is no argument")
    return True


def _slot(param: object, stand_ins: Sequence[object]) -> tuple[int, ...]:
    """Which arguments a parameter holds; none, when it is the same for ever."""
    if isinstance(param, list):
        places = tuple(place for each in param for place in _slot(each, stand_ins))
        if places and len(places) != len(param):
            raise NotPreparable("a list holds arguments alone, or none")
        return places
    if param in stand_ins:
        return (stand_ins.index(param),)
    if isinstance(param, date):
        raise NotPreparable("a moment of now would be that for ever")
    return ()


def _filled(param: object, slot: tuple[int, ...], values: Sequence[object]) -> object:
    return [values[place] for place in slot] if isinstance(param, list) else values[slot[0]]


def prepared(build: Callable[P, QuerySet[Any, Row]]) -> Prepared[P, Row]:
    """For the few queries of every page (adr/0022): see `Prepared`."""
    return Prepared(build)
