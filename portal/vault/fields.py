"""Columns that are sealed in the database and open on access: text, bytes, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django import forms
from django.core.checks import CheckMessage, Error
from django.db import models
from django.db.models.expressions import Col
from django.db.models.query_utils import DeferredAttribute

from portal.vault import codecs
from portal.vault.keys import current_keyring
from portal.vault.queries import SealedCol, SealedIsNull, SealedManager, SealedQuerySet, refuse
from portal.vault.rows import checked_label, row_context

__all__ = [
    "Sealed",
    "SealedBytesField",
    "SealedField",
    "SealedJSONField",
    "SealedManager",
    "SealedQuerySet",
    "SealedTextField",
]

if TYPE_CHECKING:
    from django.db.models import Field
else:

    class Field(models.Field):
        """Django's field, subscriptable as its stubs say it is."""

        def __class_getitem__(cls, types: Any) -> type[Field]:
            return cls


Set = TypeVar("Set", contravariant=True)
Get = TypeVar("Get", covariant=True)


class Sealed(bytes):
    """Ciphertext read from a row and not opened yet. It never turns into text by accident."""

    __slots__ = ()

    def __str__(self) -> NoReturn:
        raise TypeError("a sealed value is opened through its field")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a sealed value is opened through its field")

    def __repr__(self) -> str:
        return f"<sealed: {len(self)} bytes>"


class Unsealer(DeferredAttribute):
    """Opens the value the first time it is read. It also defines __set__: otherwise Python would read the
    instance's dictionary first, and hand out the ciphertext."""

    field: SealedField[Any, Any]

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is not None and isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = self.field.unseal(instance, value)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(Field[Set, Get]):
    """AES-256-GCM under the pharmacy's data key. What is sealed opens only in the same pharmacy, for the
    same `label`, in the row of the same primary key (which the model therefore makes itself).

    `label` names the field for ever ("conversation.subject"), whatever becomes of the names of column, table
    and model. Values are opened lazily: inside the pharmacy, and never in async code.
    """

    descriptor_class = Unsealer
    empty_strings_allowed = False

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        if any(kwargs.get(option) for option in ("unique", "db_index", "primary_key")):
            raise ValueError(f"{label}: ciphertext has nothing to index")
        self.label = checked_label(label)
        super().__init__(*args, **kwargs)

    def encode(self, value: Any) -> bytes:
        raise NotImplementedError

    def decode(self, plain: bytes) -> Any:
        raise NotImplementedError

    def seal(self, instance: models.Model, value: Any) -> Sealed:
        """Raises TypeError for a value of another type than the field's."""
        return Sealed(
            current_keyring().seal(codecs.pack(self.encode(value)), row_context(self.label, instance))
        )

    def unseal(self, instance: models.Model, sealed: Sealed) -> Any:
        """Raises Unopenable if it was altered, or sealed for another row, field or pharmacy."""
        return self.decode(codecs.unpack(current_keyring().open(sealed, row_context(self.label, instance))))

    # --- to and from the database

    def get_internal_type(self) -> str:
        return "BinaryField"

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "label": self.label}

    def from_db_value(self, value: bytes | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None:
            return None
        if not isinstance(value, Sealed):
            return self.seal(model_instance, value)
        if add:
            refuse("copied to another row unopened")
        # Untouched, so not sealed again; but if the object was given another key, this row would never open.
        current_keyring().open(value, row_context(self.label, model_instance))
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):  # update(), bulk_update(), a fixture: no row to seal for
            refuse("written without its object")
        return bytes(value)

    # --- what is refused

    def get_col(self, alias: str, output_field: models.Field[Any, Any] | None = None) -> Col:
        return SealedCol(alias, self, output_field)

    def get_lookup(self, lookup_name: str) -> type[SealedIsNull]:
        if lookup_name != "isnull":
            refuse("looked up by its value: store a fingerprint beside it")
        return SealedIsNull

    def get_transform(self, lookup_name: str) -> NoReturn:
        refuse("transformed in a query")

    def value_to_string(self, obj: models.Model) -> NoReturn:
        refuse("written out by a serializer")

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *self._check_use()]

    def _check_use(self) -> Iterator[Error]:
        models_ = self.model._meta.apps.get_models()
        labels = [f.label for m in models_ for f in m._meta.local_fields if isinstance(f, SealedField)]
        if labels.count(self.label) > 1:
            yield Error(f"The label {self.label!r} is used by two sealed fields.", obj=self, id="vault.E001")
        if not isinstance(self.model._default_manager.all(), SealedQuerySet):
            yield Error("The model's manager is no SealedManager.", obj=self, id="vault.E002")


class SealedTextField(SealedField[Set, Get]):
    """A sealed str."""

    _pyi_private_set_type: str
    _pyi_private_get_type: str
    empty_strings_allowed = True
    encode = staticmethod(codecs.encode_text)
    decode = staticmethod(codecs.decode_text)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": forms.CharField, "max_length": self.max_length, **kwargs})


class SealedBytesField(SealedField[Set, Get]):
    """Sealed bytes."""

    _pyi_private_set_type: bytes
    _pyi_private_get_type: bytes
    encode = staticmethod(codecs.encode_bytes)
    decode = staticmethod(codecs.decode_bytes)


class SealedJSONField(SealedField[Set, Get]):
    """A sealed dict or list of what JSON knows."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any
    encode = staticmethod(codecs.encode_json)
    decode = staticmethod(codecs.decode_json)
