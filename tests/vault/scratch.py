"""Tables for the vault's own tests, made in both pharmacies and known to no migration."""

from __future__ import annotations

from typing import ClassVar

from django.apps.registry import Apps
from django.db import connections, models

from portal.lib.ids import uuid7
from portal.vault.blobs import BlobColumns
from portal.vault.fields import (
    SealedBytesField,
    SealedJSONField,
    SealedManager,
    SealedTextField,
)
from tenants.fences import OWNER
from tenants.models import Pharmacy
from tests.base import PharmacyTestCase

registry = Apps(["tests.vault"])


class Letter(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    number = models.IntegerField(default=0, unique=True)
    subject = SealedTextField(label="scratch.subject", default="")
    body = SealedTextField(label="scratch.body", null=True)
    raw = SealedBytesField(label="scratch.raw", null=True)
    people = SealedJSONField(label="scratch.people", default=list)

    objects = SealedManager["Letter"]()

    class Meta:
        apps = registry
        app_label = "vault"
        ordering: ClassVar[list[str]] = ["number"]


class Answer(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="answers")

    objects = SealedManager["Answer"]()

    class Meta:
        apps = registry
        app_label = "vault"


class Parcel(BlobColumns):
    id = models.UUIDField(primary_key=True, default=uuid7)
    blob_label = "scratch.parcel"

    objects = SealedManager["Parcel"]()

    class Meta(BlobColumns.Meta):
        apps = registry
        app_label = "vault"


class ScratchTestCase(PharmacyTestCase):
    """Inside Soleil, which like Gare has the scratch tables."""

    databases = {"default", "owner"}

    @classmethod
    def setUpClass(cls) -> None:
        cls.addClassCleanup(cls._change_tables, "delete_model")
        cls._change_tables("create_model")  # before the transaction that every test is rolled back to
        super().setUpClass()

    @classmethod
    def _change_tables(cls, change: str) -> None:
        owner = connections[OWNER]
        models_ = [Letter, Answer, Parcel]
        for pharmacy in Pharmacy.objects.using(OWNER):
            owner.set_tenant(pharmacy, include_public=False)
            with owner.schema_editor() as editor:
                for model in models_ if change == "create_model" else reversed(models_):
                    getattr(editor, change)(model)
        owner.set_schema_to_public()
