"""What a message can be found by: blind tokens, written in the same statement as the message."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Coalesce

from portal.mail.addresses import Address
from portal.vault.index import Field, tokens_for

# What asks for the words of files, and for tokens by older rules to be made again (portal/records/indexing.py).
INDEX = "index"
# A hostile header must not make a tsvector that PostgreSQL refuses (1 MB); the text has its own limit.
MOST_LETTERS = 10_000


def tokens_of(
    *, subject: str, people: Iterable[Address], text: str, files: Iterable[str], contents: Iterable[str] = ()
) -> Func:
    """The value of Message.tokens: words of the subject, names, addresses, text, file names, what is in files."""
    people = list(people)
    fields = {
        Field.SUBJECT: subject,
        Field.NAME: _joined(person.label for person in people),
        Field.ADDRESS: _joined(person.address for person in people),
        Field.BODY: text,
        Field.FILE: _joined(files),
        Field.CONTENT: "\n".join(contents),
    }
    return Func(
        Value(tokens_for(fields), output_field=ArrayField(TextField())),
        function="array_to_tsvector",
        output_field=SearchVectorField(),
    )


def _joined(texts: Iterable[str]) -> str:
    return " ".join(texts)[:MOST_LETTERS]


def added_tokens(text: str) -> Func:
    """Message.tokens with those of what was read in a file."""
    tokens = Value(tokens_for({Field.CONTENT: text}), output_field=ArrayField(TextField()))
    return Func(
        Coalesce(F("tokens"), Value("", output_field=SearchVectorField())),
        Func(tokens, function="array_to_tsvector", output_field=SearchVectorField()),
        template="%(expressions)s",
        arg_joiner=" || ",
        output_field=SearchVectorField(),
    )
