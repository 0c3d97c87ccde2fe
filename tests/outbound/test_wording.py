"""What the team reads beside each recipient."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.test import SimpleTestCase

from portal.mailboxes.models import Mailbox, MailboxState
from portal.outbound import addressees, files, wording
from portal.outbound.models import Delivery, DeliveryState, Recipient, RecipientState
from portal.outbound.wording import Tone, describe, moment, why

NOW = datetime(2026, 11, 23, 8, 51, tzinfo=UTC)  # 9:51 in Paris
S, R = DeliveryState, RecipientState
NBSP = "\u00a0"


def line(
    delivery_state: str,
    state: str,
    code: str = "",
    *,
    attempt: int = 0,
    due: int = 0,
    stopped: int = 0,
    paused: bool = False,
) -> wording.Line:
    mailbox = Mailbox(
        send_retry_at=NOW + timedelta(seconds=stopped) if stopped else None,
        state=MailboxState.PAUSED if paused else MailboxState.ACTIVE,
    )
    delivery = Delivery(
        mailbox=mailbox, state=delivery_state, attempt=attempt, next_at=NOW + timedelta(seconds=due)
    )
    return describe(delivery, Recipient(delivery=delivery, state=state, code=code, decided_at=NOW), now=NOW)


class EachState(SimpleTestCase):
    def assertReads(self, found: wording.Line, text: str, tone: Tone) -> None:  # noqa: N802
        self.assertEqual(found.text.replace(NBSP, " "), text)
        self.assertEqual(found.tone, tone)

    def test_before_it_leaves(self) -> None:
        self.assertReads(line(S.QUEUED, R.PENDING, due=8), "Part dans 8 s", Tone.WAITING)
        self.assertEqual(line(S.QUEUED, R.PENDING, due=8).seconds, 8)
        self.assertReads(line(S.QUEUED, R.PENDING), "En attente d’envoi", Tone.WAITING)
        self.assertReads(line(S.QUEUED, R.PENDING, due=7200), "Part à 11:51", Tone.WAITING)
        self.assertReads(
            line(S.QUEUED, R.PENDING, stopped=540),
            "En attente : la boîte ne peut pas envoyer, nouvel essai à 10:00",
            Tone.ASK,
        )
        self.assertReads(
            line(S.QUEUED, R.PENDING, paused=True), "En attente : la boîte est en pause", Tone.WAITING
        )

    def test_while_it_leaves(self) -> None:
        for state in (S.CLAIMED, S.HANDOVER):
            self.assertReads(line(state, R.PENDING), "En cours d’envoi", Tone.WAITING)

    def test_when_it_must_wait(self) -> None:
        self.assertReads(
            line(S.RETRY_WAIT, R.PENDING, "451 4.7.1", attempt=1, due=60),
            "Pas encore parti : le serveur demande de réessayer plus tard. Nouvel essai à 9:52",
            Tone.WAITING,
        )
        self.assertReads(
            line(S.RETRY_WAIT, R.PENDING, "timeout", attempt=2, due=300),
            "Pas encore parti : le serveur de l’opérateur ne répond pas à temps. Nouvel essai à 9:56",
            Tone.WAITING,
        )

    def test_once_it_left(self) -> None:
        self.assertReads(line(S.SENT, R.ACCEPTED), "Accepté par l’opérateur à 9:51", Tone.GOOD)
        self.assertReads(line(S.SENT, R.DELIVERED), "Remis à 9:51", Tone.GOOD)
        self.assertReads(line(S.SENT, R.DELIVERED, "displayed"), "Lu à 9:51", Tone.GOOD)
        self.assertReads(line(S.SENT_CONFIRMED, R.ACCEPTED), "Envoi confirmé par l’équipe", Tone.GOOD)

    def test_when_it_went_wrong(self) -> None:
        self.assertReads(line(S.FAILED, R.FAILED, "550 5.1.1"), "Non remis : boîte inconnue", Tone.BAD)
        self.assertReads(line(S.FAILED, R.FAILED, "expired"), "Non remis : pas parti en 24 heures", Tone.BAD)
        self.assertReads(line(S.UNCERTAIN, R.UNCERTAIN), "À vérifier : peut-être parti", Tone.ASK)
        self.assertReads(
            line(S.RESENT, R.UNCERTAIN), "Peut-être parti ; envoyé de nouveau depuis", Tone.QUIET
        )
        self.assertReads(line(S.CANCELLED, R.CANCELLED), "Annulé", Tone.QUIET)

    def test_every_pair_of_states_has_words(self) -> None:
        for delivery_state in S:
            for state in R:
                with self.subTest(delivery=delivery_state, recipient=state):
                    self.assertTrue(line(delivery_state, state, "550").text)


class Causes(SimpleTestCase):
    def test_the_enhanced_status_says_more_than_the_code(self) -> None:
        for code, expected in (
            ("5.2.2", "boîte pleine"),
            ("552 5.2.3", "message trop gros"),
            ("550", "boîte inconnue ou fermée"),
            ("550 5.7.26", "refusé par une règle de sécurité"),
            ("559", "refusé par le serveur du destinataire"),
            ("", "sans réponse du serveur"),
        ):
            self.assertEqual(why(code), expected)

    def test_another_day_is_named(self) -> None:
        self.assertEqual(moment(NOW - timedelta(days=1), now=NOW), "hier à 9:51")
        self.assertEqual(moment(NOW + timedelta(days=1), now=NOW), "demain à 9:51")
        self.assertEqual(moment(NOW - timedelta(days=20), now=NOW), "le 3 novembre à 9:51")


class Typography(SimpleTestCase):
    def test_high_punctuation_never_begins_a_line(self) -> None:
        for module in (wording, addressees, files):
            text = Path(module.__file__ or "").read_text("utf-8")
            for said in re.findall(r'"([^"\n]* [;:!?](?: [^"\n]*)?)"', text):
                self.fail(f"{module.__name__}: {said}")
