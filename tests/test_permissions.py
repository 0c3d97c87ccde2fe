"""Every address × every kind of visitor × one's own pharmacy and the other one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar
from unittest.mock import patch
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.test import SimpleTestCase, override_settings
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from portal.conversations.bulk import mark_all_unread
from portal.conversations.label_models import Colour
from portal.conversations.labels import create_label
from portal.conversations.models import Attachment, Conversation, Message
from portal.handover.actions import sign
from portal.handover.gathering import gather
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox, MailboxKind
from portal.outbound.actions import queue
from portal.outbound.approval import submit
from portal.outbound.drafts import save_draft, start_reply
from portal.outbound.files import attach_file
from portal.outbound.models import Draft
from portal.outbound.scheduling import schedule
from portal.outbound.templates import save_template
from portal.prescriptions.actions import open_by_hand
from portal.team.models import Role, User
from portal.team.policy import Permission, allows
from portal.web.access import Stage, access_of
from tenants.context import inside
from tenants.hosts import HostTable
from tests.access_table import CONTENT_HOST, DEMO_HOME, DEMO_HOST, NO_HOST, TEAM_HOST
from tests.base import PharmacyTestCase
from tests.browsing import Browser, half_signed_in, signed_in
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box

HOSTS = {
    "portal.urls": TEAM_HOST,
    "portal.urls_content": CONTENT_HOST,
    "portal.urls_public": NO_HOST,
    "portal.urls_demo": DEMO_HOST,
    "portal.urls_demo_home": DEMO_HOME,
}
SIGN_IN, CODE, LOCK = "/equipe/connexion", "/equipe/code", "/equipe/verrou"
TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")\w+|("X-CSRFToken": ")\w+')


def addresses(urlconf: str) -> Iterator[URLPattern]:
    pending = list(get_resolver(urlconf).url_patterns)
    while pending:
        found = pending.pop()
        if isinstance(found, URLPattern):
            yield found
        else:
            pending += found.url_patterns


class TableOfAddresses(SimpleTestCase):
    def test_every_address_is_in_the_table_and_asks_for_what_the_table_says(self) -> None:
        for urlconf, table in HOSTS.items():
            found = {pattern.name: access_of(pattern.callback) for pattern in addresses(urlconf)}
            self.assertEqual(set(found), set(table), urlconf)
            for name, access in found.items():
                with self.subTest(name):
                    self.assertEqual(access, table[str(name)])


class Visits(PharmacyTestCase):
    """Soleil has one thing of each kind; everything that a visit changes is undone after it."""

    ids: ClassVar[dict[str, object]]
    # What a draft's addresses mean where it waits for a pharmacist, or leaves later.
    waiting: ClassVar[dict[str, object]] = {}
    later: ClassVar[dict[str, object]] = {}
    people: ClassVar[list[User]]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        others = [
            User.objects.create(sign_in_name=role, display_name=f"Une {role}", role=role)
            for role in (Role.TITULAIRE, Role.REMPLACANT, Role.ETUDIANT)
        ]
        cls.people = [cls.nadia, cls.claire, cls.karim, *others]
        cls.ids = cls.things()

    @classmethod
    def things(cls) -> dict[str, object]:
        return things_of(cls.claire)

    def setUp(self) -> None:
        """Nobody is suspended here: which pharmacy is at a host is asked once, as in production, not at each visit."""
        super().setUp()
        self.enterContext(override_settings(HOST_SECONDS=600.0))
        self.enterContext(patch("tenants.middleware.hosts", HostTable()))

    @contextmanager
    def undone(self) -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        connection.set_tenant(self.soleil)

    def paths(self, **changes: object) -> Iterator[tuple[str, str]]:
        for pattern in addresses("portal.urls"):
            wanted = pattern.pattern.converters
            where = str(pattern.pattern)
            kept = self.waiting if "a-valider/" in where else self.later if "prevu/" in where else {}
            ids = self.ids | kept | changes
            values = {name: ids.get(name, changes.get("any")) for name in wanted}
            yield str(pattern.name), reverse(str(pattern.name), kwargs=values, urlconf="portal.urls")

    def visit(self, browser: Browser, method: str, path: str, **headers: str) -> Any:
        with self.undone():
            return getattr(browser, method)(path, headers=headers or None)

    def every_visit(
        self, methods: tuple[str, ...] = ("get", "head", "post"), **changes: object
    ) -> Iterator[tuple[str, str, str]]:
        for name, path in self.paths(**changes):
            for method in methods:
                yield name, method, path


def written(draft: Draft) -> Draft:
    """A reply with words in it."""
    return save_draft(
        draft,
        by=draft.author,
        version=draft.version,
        recipients=draft.recipients,
        subject=draft.subject,
        text="Prêt.",
    )


def things_of(author: User, box: Mailbox | None = None) -> dict[str, object]:
    """One of each thing that has an address, in the pharmacy one is in: what `author` received and wrote."""
    box = box or open_box()
    keep(box, letter(files={"ordonnance.txt": ("text/plain", b"une boite")}))
    keep(box, b"\x00\x01\x02\x03" * 100)
    process_stored()
    conversation = Conversation.objects.get()
    draft = written(start_reply(conversation, by=author))
    draft.refresh_from_db()
    delivery = queue(draft, by=author, idempotency_key=uuid4(), version=conversation.version)
    return {
        "conversation_id": conversation.pk,
        "prescription_id": open_by_hand(conversation, by=author, seen=0).pk,
        "message_id": Message.objects.filter(kind="in").get().pk,
        "attachment_id": Attachment.objects.get().pk,
        "draft_id": start_reply(Conversation.objects.get(), by=author).pk,
        "upload_id": uuid4(),
        "version_id": uuid4(),
        "delivery_id": delivery.pk,
        "raw_id": RawMessage.objects.get(state=RawState.QUARANTINED).pk,
        "person_id": author.pk,
        "mailbox_id": box.pk,
        "workstation_id": uuid4(),
        "display_id": uuid4(),
        "sender_id": uuid4(),
        "batch_id": mark_all_unread([], by=author).pk,
        "period_id": uuid4(),
        "absence_id": uuid4(),
        "passkey_id": uuid4(),
        "template_id": save_template(uuid7(), name="Prêt", text="Prêt.", version=0, by=author).pk,
        "label_id": create_label("Urgent", colour=Colour.RED, by=author).pk,
        "handover_id": handed_over_by(author),
        "view": "a-traiter",
        "token": "no-such-link",
        "page": "boite",
    }


def handed_over_by(author: User) -> UUID:
    """What is open, left to the next."""
    now = timezone.now()
    return sign(by=author, word="", shown=gather(author, now=now).mark, waiting=None, now=now).pk


def submitted_by(author: User) -> dict[str, object]:
    """An answer with a file that waits for a pharmacist."""
    draft = start_reply(Conversation.objects.get(), by=author)
    file = attach_file(draft, by=author, name="plan.txt", content=b"deux par jour")
    draft = written(draft)
    version = Conversation.objects.get().version
    return {"draft_id": submit(draft, by=author, version=version).pk, "upload_id": file.pk}


def scheduled_by(author: User) -> dict[str, object]:
    """An answer that leaves tomorrow."""
    draft = written(start_reply(Conversation.objects.get(), by=author))
    version, tomorrow = Conversation.objects.get().version, timezone.now() + timedelta(days=1)
    return {"draft_id": schedule(draft, by=author, at=tomorrow, version=version).pk}


class WhoMayCome(Visits):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.waiting = submitted_by(cls.karim)
        cls.later = scheduled_by(cls.nadia)

    def assert_led(self, response: Any, path: str) -> None:
        self.assertEqual((response.status_code, response["Location"].partition("?")[0]), (302, path))

    def test_nobody_comes_in_without_signing_in(self) -> None:
        for name, method, path in self.every_visit():
            answer = self.visit(Browser(), method, path)
            with self.subTest(f"{method} {name}"):
                if TEAM_HOST[name].stage is Stage.ANYBODY:
                    self.assertIn(answer.status_code, {200, 302, 404, 405, 409, 422})
                    self.assertNotIn("/equipe/", answer.get("Location", ""))
                else:
                    self.assert_led(answer, SIGN_IN)

    def test_a_password_without_its_code_opens_nothing(self) -> None:
        half = half_signed_in(self.karim, self.soleil)
        signed_in(self.karim, self.soleil)  # he has a phone
        for name, method, path in self.every_visit(("get", "post")):
            with self.subTest(f"{method} {name}"):
                if TEAM_HOST[name].stage is Stage.MEMBER:
                    self.assert_led(self.visit(half, method, path), CODE)

    def test_a_locked_screen_opens_nothing(self) -> None:
        locked = signed_in(self.karim, self.soleil)
        locked.change_session(locked=True)
        for name, method, path in self.every_visit(("get", "post")):
            stage = TEAM_HOST[name].stage
            if stage in (Stage.ANYBODY, Stage.PRESENT):
                continue
            with self.subTest(f"{method} {name}"):
                self.assert_led(self.visit(locked, method, path), LOCK)
                if method == "post":  # what htmx does first where somebody was away
                    answer = self.visit(locked, method, path, **{"HX-Request": "true"})
                    self.assertEqual(answer.status_code, 401)

    def test_each_role_may_what_the_policy_says_and_the_rest_does_not_exist(self) -> None:
        visited: set[frozenset[Permission]] = set()
        for person in self.people:
            browser = signed_in(person, self.soleil)
            rights = frozenset(each for each in Permission if allows(person, each))
            # What one may see is asked for once for all who may the same: it costs whole pages. So is, by GET, what
            # one may not: a refusal is made before the view, from the rights alone.
            seen = rights in visited
            visited.add(rights)
            for name, method, path in self.every_visit(("get", "post")):
                wanted = TEAM_HOST[name].permissions
                may = wanted <= rights
                if not wanted or (seen and (may or method == "get")):
                    continue
                answer = self.visit(browser, method, path)
                with self.subTest(f"{person.sign_in_name} {method} {name}"):
                    if not may:
                        self.assertEqual(answer.status_code, 404)
                    else:
                        self.assertLess(answer.status_code, 500)
                        self.assertNotIn(answer.get("Location", "").partition("?")[0], (SIGN_IN, CODE, LOCK))

    def test_its_author_finds_each_thing_where_it_is(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        elsewhere = ("draft_detach", "block")  # of another draft; never of a patient
        for name, path in self.paths():
            wanted = TEAM_HOST[name].permissions
            if wanted and all(allows(self.claire, each) for each in wanted) and name not in elsewhere:
                with self.subTest(name):
                    self.assertIn(self.visit(claire, "get", path).status_code, {200, 302, 405})

    def test_a_cookie_of_one_pharmacy_is_nobody_in_the_other(self) -> None:
        with inside(self.gare):
            stranger = signed_in(User.objects.get(sign_in_name="hugo"), self.gare)
        stranger.defaults["SERVER_NAME"] = "soleil.localhost"
        for name, method, path in self.every_visit(("get", "post")):
            if TEAM_HOST[name].stage is not Stage.ANYBODY:
                with self.subTest(f"{method} {name}"):
                    self.assert_led(self.visit(stranger, method, path), SIGN_IN)

    def test_what_is_soleils_is_at_gare_as_if_it_never_was(self) -> None:
        with inside(self.gare):
            hugo = signed_in(User.objects.get(sign_in_name="hugo"), self.gare)
            open_box("pharmacie-de-la-gare@officine-test.mssante.fr")
        known, unknown = (
            self.ids,
            {name: uuid4() for name, value in self.ids.items() if isinstance(value, UUID)},
        )
        for (name, path), (_, nowhere) in zip(self.paths(**known), self.paths(**unknown), strict=True):
            if path == nowhere or not TEAM_HOST[name].permissions:
                continue
            for method in ("get", "post"):
                theirs, nobodys = self.visit(hugo, method, path), self.visit(hugo, method, nowhere)
                with self.subTest(f"{method} {name}"):
                    self.assertEqual(theirs.status_code, nobodys.status_code)
                    self.assertEqual(self.without_marks(theirs, path), self.without_marks(nobodys, nowhere))
                    self.assertNotContains(theirs, "ordonnance", status_code=theirs.status_code)

    @staticmethod
    def without_marks(response: Any, path: str) -> bytes:
        """The body without what differs at every request: the form's token, and the address itself."""
        mine = re.findall(r"[0-9a-f-]{36}", path)
        body = TOKEN.sub(rb"\1\2", response.content)
        for identifier in mine:
            body = body.replace(identifier.encode(), b"*")
        return body + response.get("Location", "").replace(mine[0], "*").encode()


class APersonalMailbox(Visits):
    """What came to Claire's own mailbox is hers: not a colleague's, not even the responsible person's."""

    @classmethod
    def things(cls) -> dict[str, object]:
        own = open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=cls.claire)
        return things_of(cls.claire, own)

    def hers(self) -> Iterator[tuple[str, str, str]]:
        """Every address of a thing of hers, beside the same address of a thing that is not."""
        unknown = {
            name: uuid4()
            for name, value in self.ids.items()
            if isinstance(value, UUID)
            and name not in ("person_id", "template_id", "label_id", "handover_id")  # the house's own
        }
        for (name, path), (_, nowhere) in zip(self.paths(), self.paths(**unknown), strict=True):
            if path != nowhere:
                yield name, path, nowhere

    def test_nobody_else_reaches_it_by_any_address(self) -> None:
        for person in (self.nadia, self.karim):
            browser = signed_in(person, self.soleil)
            for name, path, nowhere in self.hers():
                for method in ("get", "post"):
                    theirs, nobodys = self.visit(browser, method, path), self.visit(browser, method, nowhere)
                    with self.subTest(f"{person} {method} {name}"):
                        self.assertEqual(theirs.status_code, nobodys.status_code)
                        found = (
                            WhoMayCome.without_marks(answer, at)
                            for answer, at in ((theirs, path), (nobodys, nowhere))
                        )
                        self.assertEqual(*found)

    def test_she_reaches_it(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        found = {name: self.visit(claire, "get", path).status_code for name, path, _ in self.hers()}
        self.assertEqual((found["conversation"], found["quarantined"], found["attachment"]), (200, 200, 200))


class Forgeries(Visits):
    def test_no_act_is_done_without_the_forms_token(self) -> None:
        for person in (None, self.claire):
            browser = Browser(enforce_csrf_checks=True)
            if person:
                browser.cookies = signed_in(person, self.soleil).cookies
            for name, path in self.paths():
                with self.subTest(name):
                    self.assertEqual(self.visit(browser, "post", path).status_code, 403)

    def test_no_act_is_done_from_another_site(self) -> None:
        claire = Browser(enforce_csrf_checks=True)
        claire.cookies = signed_in(self.claire, self.soleil).cookies
        page = claire.get("/equipe/nouveau/")
        token = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', page.content)
        assert token is not None
        for name, path in self.paths():
            with self.undone(), self.subTest(name):
                answer = claire.post(
                    path,
                    {"csrfmiddlewaretoken": token[1].decode()},
                    headers={"Origin": "https://mal.example"},
                )
                self.assertEqual(answer.status_code, 403)

    def test_looking_changes_nothing(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        paths = [path for _, path in self.paths()]
        for path in paths:  # what is opened for the first time is marked as opened
            claire.get(path)
        before = self.sums()
        for path in paths:
            for method in ("get", "head", "options"):
                getattr(claire, method)(path)
        self.assertEqual(self.sums(), before)

    def sums(self) -> dict[str, str]:
        """A sum over the rows of each table but the journal's, the sessions', and what counts who asks too often."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'",
                [f'"{self.soleil.schema_name}"'],
            )
            tables = {row[0] for row in cursor.fetchall()}
            found = {}
            kept = {"audit_entry", "audit_head", "django_session", "django_migrations", "team_attempt"}
            for table in tables - kept:
                cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
                )
                found[table] = cursor.fetchone()[0]
        return found
