"""What a message can be found by: blind tokens, written in the same statement as the message."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, TextField, Value

from portal.mail.addresses import Address
from portal.vault.index import Field, tokens_for

# A hostile header must not make a tsvector that PostgreSQL refuses (1 MB); the text has its own limit.
MOST_LETTERS = 10_000


def tokens_of(*, subject: str, people: Iterable[Address], text: str, files: Iterable[str]) -> Func:
    """The value of Message.tokens: words of the subject, names, addresses, text and file names."""
    people = list(people)
    fields = {
        Field.SUBJECT: subject,
        Field.NAME: _joined(person.label for person in people),
        Field.ADDRESS: _joined(person.address for person in people),
        Field.BODY: text,
        Field.FILE: _joined(files),
    }
    return Func(
        Value(tokens_for(fields), output_field=ArrayField(TextField())),
        function="array_to_tsvector",
        output_field=SearchVectorField(),
    )


def _joined(texts: Iterable[str]) -> str:
    return " ".join(texts)[:MOST_LETTERS]
