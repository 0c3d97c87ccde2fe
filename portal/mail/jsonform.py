"""Frozen dataclasses to JSON and back, checked field by field: the child that wrote it read hostile bytes."""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

MOST_ITEMS = 5000

T = TypeVar("T")
_UNIONS = {Union, types.UnionType}


class BadForm(ValueError):
    """JSON that is not the shape it should be."""


def to_json(value: object) -> bytes:
    """JSON of a dataclass whose fields are str, int, bool, None, datetime, tuples and dataclasses."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def from_json(kind: type[T], raw: bytes) -> T:
    """Rebuild a `kind`. Raises BadForm for anything else than what its annotations say."""
    try:
        value = _built(kind, json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise BadForm("not the expected form") from error
    if not isinstance(value, kind):
        raise BadForm(f"not a {kind.__name__}")
    return value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        record = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"": type(value).__name__, **record}  # the name tells the members of a union apart
    return value


def _built(kind: Any, value: object) -> object:
    """`kind` is a type annotation: a class, `tuple[X, ...]` or a union."""
    if get_origin(kind) in _UNIONS:
        return _built(_member(get_args(kind), value), value)
    if get_origin(kind) is tuple and isinstance(value, list) and len(value) <= MOST_ITEMS:
        return tuple(_built(get_args(kind)[0], item) for item in value)
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    if is_dataclass(kind) and isinstance(value, dict):
        return _record(kind, value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise BadForm(f"{type(value).__name__} is not what stands there")


def _member(kinds: tuple[Any, ...], value: object) -> Any:
    if isinstance(value, dict):
        return next((kind for kind in kinds if kind.__name__ == value.get("")), None)
    if value is None and types.NoneType in kinds:
        return types.NoneType
    return next((kind for kind in kinds if kind is not types.NoneType and not is_dataclass(kind)), None)


def _record(kind: Any, value: dict[str, object]) -> object:
    hints = _hints(kind)
    if value.keys() != {"", *hints} or value[""] != kind.__name__:
        raise BadForm(f"not a {kind.__name__}")
    return kind(**{name: _built(hint, value[name]) for name, hint in hints.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
