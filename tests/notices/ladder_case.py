"""The stage of the ladder's tests: Soleil is open, its people chose how to be told, and time passes."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from portal.conversations.models import Conversation
from portal.house.actions import add_period
from portal.house.models import PeriodKind
from portal.mailboxes.models import Mailbox
from portal.notices.ladder import climb
from portal.notices.models import Climb, Notice, Rung
from portal.notices.reach import set_reach
from portal.outbound.models import Recipient
from portal.team.actions import set_email
from portal.team.models import User
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box
from tests.notices.stage import NoticesTestCase
from tests.prescriptions.stage import arrived

DAY = timedelta(days=1)
KARIM, NADIA = "karim@exemple.fr", "nadia@exemple.fr"
MOBILE = "+33612345678"


class LadderTestCase(NoticesTestCase):
    """Soleil is on garde all day; Karim chose to be told by e-mail, Nadia is known to the console by hers."""

    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()
        now = timezone.now()
        add_period(PeriodKind.GARDE, begins=now - 5 * DAY, ends=now + 5 * DAY, by=None)
        set_email(self.nadia, to=NADIA, by=self.nadia)
        self.told_by_email(self.karim, KARIM)
        Wakeup.objects.using(OWNER).all().delete()

    def told_by_email(self, user: User, address: str) -> None:
        set_reach(user, email=address, mobile_number="", by_email=True, by_sms=False)

    def told_by_sms(self, user: User, number: str = MOBILE) -> None:
        set_reach(user, email="", mobile_number=number, by_email=False, by_sms=True)

    def writes(self, *said: str, **options: str) -> Conversation:
        return arrived(self.box, letter(*said, **options))

    def pass_time(self, minutes: float) -> None:
        """So many minutes are over since everything that happened."""
        passed = timedelta(minutes=minutes)
        Conversation.objects.update(unopened_since=F("unopened_since") - passed)
        Recipient.objects.update(decided_at=F("decided_at") - passed)
        for fault in ("fetch_fault_at", "send_fault_at", "unreadable_at"):
            Mailbox.objects.update(**{fault: F(fault) - passed})
        Climb.objects.update(since=F("since") - passed, at=F("at") - passed)
        Notice.objects.update(created_at=F("created_at") - passed, due_at=F("due_at") - passed)

    def look(self) -> list[tuple[str, Rung | None]]:
        """What the clock would do now: who was told, in the order of time."""
        before = set(Notice.objects.values_list("pk", flat=True))
        climb()
        new = Notice.objects.exclude(pk__in=before).order_by("created_at", "pk")
        names = dict(User.objects.values_list("pk", "sign_in_name"))
        return sorted((names[each.about], each.rung and Rung(each.rung)) for each in new)

    def woken_in(self) -> float:
        """In how many minutes the ladder is looked at again."""
        due = Wakeup.objects.using(OWNER).get(what="ladder").due_at
        Wakeup.objects.using(OWNER).all().delete()
        return round((due - timezone.now()).total_seconds() / 60)
