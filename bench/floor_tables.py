"""The tables of the floors: what a mail and a page of the list need, and nothing more."""

from __future__ import annotations

from django.db import connections

from tenants.fences import OWNER

FOR_MAILS = """
CREATE TABLE floor_raw (id uuid PRIMARY KEY, bytes bytea NOT NULL, path text NOT NULL);
CREATE TABLE floor_conversation (id uuid PRIMARY KEY, at timestamptz NOT NULL, row bytea NOT NULL);
CREATE TABLE floor_message (id uuid PRIMARY KEY, conversation uuid NOT NULL, body bytea NOT NULL, tokens tsvector);
CREATE INDEX ON floor_conversation (at DESC, id DESC);
CREATE INDEX ON floor_message USING gin (tokens);
CREATE TABLE floor_counter (id int PRIMARY KEY, n int NOT NULL);
CREATE TABLE floor_entry (n bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), hash bytea NOT NULL);
"""
FOR_PAGES = """
CREATE TABLE floor_session (key text PRIMARY KEY, person int NOT NULL);
CREATE TABLE floor_person (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE floor_row (
  id int PRIMARY KEY, state text NOT NULL, at timestamptz NOT NULL, who text NOT NULL, subject text NOT NULL,
  snippet text NOT NULL);
INSERT INTO floor_session VALUES ('key', 1);
INSERT INTO floor_person VALUES (1, 'Nadia Benali');
INSERT INTO floor_row SELECT n, 'open', now() - n * interval '1 minute', 'Léa Durand', 'Renouvellement ' || n,
  repeat('Je vous adresse mon ordonnance. ', 5) FROM generate_series(1, 50000) n;
CREATE INDEX ON floor_row (state, at DESC, id DESC);
ANALYZE floor_row;
"""


def make() -> None:
    """In the public schema, beside ours."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(FOR_MAILS)
        cursor.execute(FOR_PAGES)
