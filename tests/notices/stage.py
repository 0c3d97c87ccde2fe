"""The stage of these tests: a sender at the sandbox's ordinary mail server, and time that passes."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, ClassVar

from django.db.models import F
from django.test import override_settings

from portal.notices.models import Notice
from sandbox import texts
from sandbox.operator import Operator, running_operator
from tests.base import CommittingPharmacyTestCase

FROM = "Officinal <ne-pas-repondre@officinal.example>"


def sender(operator: Operator, **changes: Any) -> Any:
    """The settings of a sender at this operator's ordinary server."""
    values: dict[str, Any] = {
        "NOTICE_SMTP_HOST": "localhost",
        "NOTICE_SMTP_PORT": operator.ports.notices,
        "NOTICE_SMTP_TLS": "implicit",
        "NOTICE_SMTP_CA": str(operator.state / "pki" / "ca.pem"),
        "NOTICE_FROM": FROM,
        "SMS_URL": f"https://localhost:{operator.ports.texts}{texts.PATH}",
        "SMS_HEADERS": json.dumps(texts.HEADERS),
        "SMS_BODY": json.dumps(texts.BODY),
        "SMS_CA": str(operator.state / "pki" / "ca.pem"),
    }
    return override_settings(**{**values, **changes})


class NoticesTestCase(CommittingPharmacyTestCase):
    """Soleil, and an ordinary mail server that runs for the whole class."""

    operator: ClassVar[Operator]
    _running: ClassVar[ExitStack]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls._running = ExitStack()
        folder = tempfile.mkdtemp(prefix="ordinary-")
        cls._running.callback(shutil.rmtree, folder, ignore_errors=True)
        cls.operator = cls._running.enter_context(running_operator(Path(folder)))

    @classmethod
    def tearDownClass(cls) -> None:
        cls._running.close()
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(sender(self.operator))
        self.seen = len(self.operator.notices)
        self.seen_texts = len(self.operator.texts)

    def arrived(self) -> list[EmailMessage]:
        """What came since the test began."""
        return [message_from_bytes(raw, policy=default) for raw in self.operator.notices[self.seen :]]

    def texted(self) -> list[texts.Text]:
        """The text messages that came since the test began."""
        return self.operator.texts[self.seen_texts :]

    def wait(self, **by: float) -> None:
        Notice.objects.update(
            due_at=F("due_at") - timedelta(**by), created_at=F("created_at") - timedelta(**by)
        )
