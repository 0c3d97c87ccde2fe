"""Paths that are resolved once are those that Django resolves."""

from __future__ import annotations

import unittest
from uuid import UUID, uuid4

from django.conf import settings
from django.template import engines
from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.converters import UUIDConverter

from portal.web.paths import path


class Paths(unittest.TestCase):
    def test_every_name_that_asks_for_ids_alone_gives_what_django_gives(self) -> None:
        names = [name for name in get_resolver(settings.ROOT_URLCONF).reverse_dict if isinstance(name, str)]
        asked = 0
        for name in names:
            for _, pattern, _, converters in get_resolver(settings.ROOT_URLCONF).reverse_dict.getlist(name):
                if all(isinstance(each, UUIDConverter) for each in converters.values()):
                    for ids in ([uuid4() for _ in converters], [UUID(int=0) for _ in converters]):
                        self.assertEqual(path(name, *ids), reverse(name, args=ids), pattern)
                    asked += 1
        self.assertGreater(asked, 60)

    def test_a_name_that_is_none_is_told(self) -> None:
        self.assertRaises(NoReverseMatch, path, "conversation")
        self.assertRaises(NoReverseMatch, path, "nowhere", uuid4())

    def test_in_a_template_other_arguments_go_the_usual_way(self) -> None:
        source = "{% url 'inbox_view' 'a-moi' %} {% url 'conversation' id %} {% url 'compose' as there %}{{ there }}"
        template, pk = engines["django"].from_string(source), uuid4()

        wanted = [
            reverse("inbox_view", args=["a-moi"]),
            reverse("conversation", args=[pk]),
            reverse("compose"),
        ]
        self.assertEqual(template.render({"id": pk}).split(), wanted)
