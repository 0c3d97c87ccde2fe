"""Let two patients of the demonstration have used the public form this morning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import uuid4

from django.utils import timezone

from portal.intake.actions import Declared, add_page, begin, submit
from portal.intake.form import current_notice
from portal.intake.models import Request
from portal.outbound.actions import queue
from portal.outbound.drafts import save_draft, start_reply
from portal.prescriptions.actions import act_on
from portal.prescriptions.models import Act, Prescription
from portal.team.models import User
from tenants.context import inside
from tenants.models import Pharmacy

CAMILLE = Declared(
    birth_name="Moreau",
    first_name="Camille",
    birth_date=date(1962, 3, 14),
    phone="06 39 98 12 34",
    remark="Il me reste de la Ventoline à la maison, pas besoin de cette ligne. Merci !",
)
HENRI = Declared(
    birth_name="Lambert",
    first_name="Henri",
    birth_date=date(1948, 11, 2),
    phone="06 39 98 56 78",
    remark="C’est pour mon pilulier, comme le mois dernier.",
)
ANSWER = (
    "Bonjour M. Lambert,\n\nVotre pilulier sera prêt cet après-midi à 16 h. Apportez l’ordonnance originale.\n\n"
    "Claire Moulin, pharmacienne"
)


def receive_requests(pharmacy: Pharmacy, photos: Sequence[bytes], paper: bytes) -> None:
    """Once, by the open form: a new request, and one that is being prepared and answered."""
    with inside(pharmacy):
        if Request.objects.exists():
            return
        henri = _sent(HENRI, [paper], minutes=95)
        _sent(CAMILLE, photos, minutes=12)
        _prepared_and_answered(henri)


def _sent(declared: Declared, pages: Sequence[bytes], *, minutes: int) -> Request:
    at, notice = timezone.now() - timedelta(minutes=minutes), current_notice()
    request = begin(now=at)
    for page in pages:
        add_page(request.pk, page, now=at)
    return submit(request.pk, declared, notice_id=notice.pk if notice else 0, now=at)


def _prepared_and_answered(request: Request) -> None:
    people = {user.sign_in_name: user for user in User.objects.all()}
    karim, claire = people["karim"], people["claire"]
    for prescription in Prescription.objects.filter(conversation=request.conversation_id):
        act_on(prescription, Act.START, by=karim, version=prescription.version)
    conversation = request.conversation
    if conversation is None:
        return
    draft = start_reply(conversation, by=claire)
    draft = save_draft(
        draft, by=claire, version=draft.version, recipients=[], subject=draft.subject, text=ANSWER
    )
    conversation.refresh_from_db()
    queue(draft, by=claire, idempotency_key=uuid4(), version=conversation.version)
