"""The line of a list, which no template escapes: whatever somebody wrote or is called, it is text."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime
from uuid import UUID

from django.template import engines

from portal.web.inbox.cards import Chip, ListCard, Row
from portal.web.inbox.marking import Marked
from portal.web.inbox.rows import FAILURE

HOSTILE = """<script>alert("x")</script> & 'co'"""
WRITTEN = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#x27;co&#x27;"


def shown(row: Row, *, ticks: bool = True) -> str:
    template = engines["django"].from_string(
        "{% for row in listing.rows %}{% line row listing.ticks %}{% endfor %}"
    )
    return template.render({"listing": ListCard(view="a-traiter", title="", rows=(row,), ticks=ticks)})


def row(**changes: object) -> Row:
    said = {"who": HOSTILE, "initials": "<", "subject": HOSTILE, "snippet": HOSTILE}
    said |= {"url": "/equipe/?vue=a-moi&x", "at": datetime(2026, 11, 23, 8, 42, tzinfo=UTC)}
    return Row(**{"conversation_id": UUID(int=7), "kind": "patient", "version": 3, **said, **changes})


class Lines(unittest.TestCase):
    def test_every_word_of_others_is_escaped_wherever_it_stands(self) -> None:
        html = shown(row(chips=(Chip(HOSTILE, "warn", "tag"),)))

        self.assertEqual(html.count(WRITTEN), 5)  # beside the box, who, subject, snippet, chip
        self.assertNotIn("<script", html)
        self.assertEqual(html.count("/equipe/?vue=a-moi&amp;x"), 2)
        self.assertIn('aria-hidden="true">&lt;</span>', html)

    def test_what_was_searched_is_marked_and_nothing_else_is_markup(self) -> None:
        found = Marked.of("le <b>Doliprane", [(6, 15)])

        self.assertIn("le &lt;b&gt;<mark>Doliprane</mark>", shown(row(snippet=found)))

    def test_a_box_to_tick_carries_the_version_where_the_list_has_boxes(self) -> None:
        self.assertIn(f'value="{UUID(int=7)}.3"', shown(row()))
        self.assertNotIn("checkbox", shown(row(), ticks=False))

    def test_it_says_what_bold_and_dot_mean_and_what_is_open(self) -> None:
        unread = shown(row(unread=True, untouched=True, current=True, chips=(FAILURE,)))

        self.assertIn('class="row unread untouched"', unread)
        self.assertIn("Personne ne l’a lu", unread)
        self.assertIn('aria-current="true"', unread)
        self.assertIn("Échec d’envoi", unread)
        self.assertIn("Non lu par vous", shown(row(unread=True)))
