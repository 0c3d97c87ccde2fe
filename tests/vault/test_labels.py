"""What holds for every model of the portal."""

from __future__ import annotations

from collections import Counter

from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase

from portal.vault.blobs import BlobColumns
from portal.vault.fields import SealedField, SealedQuerySet
from tests.vault import scratch

MODELS = [model for model in apps.get_models() if model.__module__.startswith("portal.")]
# Open reference data in `public`: no relation leads from there into a pharmacy.
OF_A_PHARMACY = [model for model in MODELS if model._meta.app_config.name in settings.TENANT_APPS]


class EveryModelTests(SimpleTestCase):
    def test_no_two_sealed_things_share_a_label(self) -> None:
        fields = [field for model in MODELS for field in model._meta.local_fields]
        labels = [field.label for field in fields if isinstance(field, SealedField)]
        labels += [model.blob_label for model in MODELS if issubclass(model, BlobColumns)]

        self.assertGreater(len(labels), 0)
        self.assertEqual([label for label, count in Counter(labels).items() if count > 1], [])

    def test_every_manager_refuses_questions_to_sealed_fields(self) -> None:
        for model in OF_A_PHARMACY:
            for manager in model._meta.managers:
                with self.subTest(model=model.__name__, manager=manager.name):
                    self.assertIsInstance(manager.all(), SealedQuerySet)

    def test_the_checks_of_the_project_find_nothing(self) -> None:
        models_ = [message for model in MODELS for message in model.check(databases=[])]
        found = [message for message in models_ if str(message.id).startswith("vault.")]

        self.assertEqual(found, [])

    def test_a_label_goes_into_the_migration(self) -> None:
        for field in scratch.Letter._meta.local_fields:
            if isinstance(field, SealedField):
                name, path, args, kwargs = field.deconstruct()
                copy = type(field)(*args, **kwargs)
                self.assertEqual((copy.label, path.rpartition(".")[0]), (field.label, "portal.vault.fields"))
                self.assertEqual(name, field.name)
