"""Refuse in Python the queries that would read, compare or move ciphertext."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NoReturn, TypeVar

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.expressions import Col, Expression
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.query import Query

Row = TypeVar("Row", bound=models.Model)


def refuse(what: str) -> NoReturn:
    raise FieldError(f"A sealed field cannot be {what}.")


class SealedCol(Col):
    """A sealed column where it is selected to make an object; resolving it (ordering, F) is refused."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse("part of an expression")


class SealedIsNull(IsNull):
    """Whether there is a value: the one question that ciphertext answers."""

    def process_lhs(self, compiler: SQLCompiler, connection: Any, lhs: Any = None) -> Any:
        return compiler.compile(lhs or self.lhs)


class SealedQuery(Query):
    """A query in which F("sealed") has no meaning, in annotations and aggregates alike."""

    def resolve_ref(self, *args: Any, **kwargs: Any) -> Expression:
        found = super().resolve_ref(*args, **kwargs)
        if isinstance(found, SealedCol):
            refuse("part of an expression")
        return found


class SealedQuerySet(models.QuerySet[Row]):
    """What every model's manager is made of, as a relation may lead to a sealed field from anywhere."""

    def __init__(self, model: Any = None, query: Query | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(model, SealedQuery(model) if query is None else query, *args, **kwargs)

    def values(self, *fields: Any, **expressions: Any) -> Any:
        return _unsealed_only(super().values(*fields, **expressions))

    def values_list(self, *fields: Any, **options: Any) -> Any:
        return _unsealed_only(super().values_list(*fields, **options))

    def update(self, **changes: Any) -> int:
        """As Django's, but a sealed field can only be emptied: there is no row to seal a value for."""
        if any(changes[name] is not None for name in _sealed_names(self.model) & set(changes)):
            refuse("written without its object")
        return super().update(**changes)

    def bulk_create(
        self,
        objs: Iterable[Row],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Row]:
        if update_conflicts and _crosses_rows(self.model, update_fields or (), unique_fields or ()):
            refuse("written over another row's by a conflict")
        return super().bulk_create(
            objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
        )


SealedManager = models.Manager.from_queryset(SealedQuerySet)


def _unsealed_only(queryset: Any) -> Any:
    if any(isinstance(column, SealedCol) for column in queryset.query.select):
        refuse("read without its object")
    return queryset


def _crosses_rows(model: type[models.Model], updated: Collection[str], unique: Collection[str]) -> bool:
    """Would an upsert put what was sealed for a new key into a row that has another one?"""
    primary = model._meta.pk
    if all(name in {"pk", primary.name} for name in unique):
        return False
    return not _sealed_names(model).isdisjoint(updated)


def _sealed_names(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields if isinstance(field.get_col(""), SealedCol)}
