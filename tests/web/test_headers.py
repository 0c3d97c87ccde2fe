"""Every answer carries its headers: pages, files, redirections, refusals, breakdowns."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from django.contrib.staticfiles import finders
from django.test import RequestFactory, override_settings
from django.urls import reverse

from portal.web.public.views import accent_css
from tenants.models import Pharmacy
from tests.base import PharmacyTestCase
from tests.browsing import Browser, signed_in
from tests.cast import PASSWORD


class Headers(PharmacyTestCase):
    def assert_headers(self, response: Any) -> None:
        headers = response.headers
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        # `no-referrer` would make browsers post our own forms with a null origin.
        self.assertEqual(headers["Referrer-Policy"], "same-origin")
        self.assertEqual(headers["Cross-Origin-Opener-Policy"], "same-origin")
        self.assertEqual(headers["Cross-Origin-Resource-Policy"], "same-origin")
        self.assertIn("camera=()", headers["Permissions-Policy"])
        self.assertEqual(headers["X-Frame-Options"], "DENY")
        policy = headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("*", policy)

    def answers(self) -> dict[int, Any]:
        member, visitor = signed_in(self.nadia, self.soleil), Browser(raise_request_exception=False)
        with patch("portal.web.public.views.render", side_effect=RuntimeError("broken")):
            broken = visitor.get("/")
        strict = Browser(enforce_csrf_checks=True)
        return {
            200: visitor.get("/equipe/connexion"),
            204: member.htmx("get", "/equipe/verrou"),
            302: visitor.get("/equipe/"),
            401: visitor.htmx("get", "/equipe/"),
            403: strict.post("/equipe/connexion", {"name": "x", "password": "y"}),
            404: member.get("/equipe/nulle-part"),
            405: member.get("/equipe/deconnexion"),
            422: visitor.post("/equipe/connexion", {"name": "x", "password": "y"}),
            500: broken,
        }

    def test_every_status_carries_them(self) -> None:
        for status, answer in self.answers().items():
            with self.subTest(status):
                self.assertEqual(answer.status_code, status)
                self.assert_headers(answer)
                self.assertEqual(answer["Cache-Control"], "no-store")

    def test_an_unknown_host_carries_them_and_says_nothing(self) -> None:
        answer = Browser("inconnue.localhost").get("/equipe/")
        self.assertEqual(answer.status_code, 404)
        self.assert_headers(answer)
        self.assertNotContains(answer, "Soleil", status_code=404)

    @override_settings(WHITENOISE_USE_FINDERS=True, WHITENOISE_AUTOREFRESH=True)
    def test_a_file_carries_them(self) -> None:
        assert finders.find("icons.svg")
        answer = Browser().get("/static/icons.svg")
        self.assertEqual(answer.status_code, 200)
        self.assert_headers(answer)

    def test_production_asks_for_https_for_a_year(self) -> None:
        answer = Browser().get("/", secure=True)
        self.assertEqual(answer["Strict-Transport-Security"], "max-age=31536000; includeSubDomains")

    def test_a_page_may_show_its_own_content_host_and_no_other(self) -> None:
        host = {"Host": "soleil.localhost:8443"}
        policy = Browser().get("/equipe/connexion", secure=True, headers=host)["Content-Security-Policy"]
        self.assertIn("img-src 'self' https://contenu.soleil.localhost:8443;", policy + ";")
        self.assertIn("frame-src https://contenu.soleil.localhost:8443", policy)

    def test_the_cookies_are_the_hosts_alone(self) -> None:
        answer = Browser().post("/equipe/connexion", {"name": "nadia", "password": PASSWORD})
        self.assertEqual(set(answer.cookies), {"__Host-sid", "__Host-csrf"})
        for name, cookie in answer.cookies.items():
            with self.subTest(name):
                self.assertTrue(cookie["secure"] and cookie["httponly"])
                self.assertEqual((cookie["samesite"], cookie["path"], cookie["domain"]), ("Lax", "/", ""))


class Pages(PharmacyTestCase):
    def test_absent_and_forbidden_look_the_same(self) -> None:
        karim = signed_in(self.karim, self.soleil)
        somewhere = "019a0000-0000-7000-8000-000000000000"
        forbidden = karim.get(reverse("raw_message", args=[somewhere], urlconf="portal.urls"))
        absent = karim.get("/equipe/nulle-part")
        self.assertEqual((forbidden.status_code, forbidden.content), (absent.status_code, absent.content))

    def test_a_breakdown_gives_a_reference_and_nothing_else(self) -> None:
        with (
            patch("portal.web.public.views.render", side_effect=RuntimeError("patient Durand")),
            self.assertLogs("portal.web.errors", "ERROR") as logs,
        ):
            answer = Browser(raise_request_exception=False).get("/")
        reference = logs.output[0].rpartition(" ")[2]
        self.assertContains(answer, reference, status_code=500)
        self.assertNotContains(answer, "Durand", status_code=500)

    def test_a_form_from_elsewhere_is_told_so_in_french(self) -> None:
        answer = Browser(enforce_csrf_checks=True).post("/equipe/connexion", {"name": "x"})
        self.assertContains(answer, "Cette page a expiré", status_code=403)

    def test_the_front_page_asks_the_database_for_details_hours_periods_and_form_alone(self) -> None:
        with self.assertNumQueries(5):  # which pharmacy first
            self.assertContains(Browser().get("/"), "Pharmacie du Soleil")

    def test_who_is_there_costs_three_queries(self) -> None:
        browser = signed_in(self.nadia, self.soleil)
        with self.assertNumQueries(3):  # pharmacy, session, person with responsibility and phone
            browser.htmx("get", "/equipe/verrou")

    def test_the_colour_of_the_pharmacy_is_given_when_it_can_be_read(self) -> None:
        for accent, sheet in (
            ("#1C4A94", ":root { --brand: #1c4a94; }\n"),
            ("#ffee00", ""),
            ("", ""),
            ("red}body{", ""),
        ):
            request: Any = RequestFactory().get("/accent.css")
            request.tenant = Pharmacy(accent=accent)
            answer: Any = accent_css(request)
            with self.subTest(accent):
                self.assertEqual(answer.content.decode(), sheet)
        self.assertEqual(Browser().get("/accent.css")["Content-Type"], "text/css; charset=utf-8")

    def test_the_process_says_that_it_is_well_on_any_host(self) -> None:
        self.assertContains(Browser("10.0.0.1").get("/healthz"), "ok")
