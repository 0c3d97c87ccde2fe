"""Tests of who a correspondent is: the address counts, its label proves nothing."""

from __future__ import annotations

import threading
from unittest import TestCase

from django.db import connection, transaction

from portal.mail.addresses import Address
from portal.patients.identity import identify, key_fits
from portal.patients.models import InsStatus, Patient
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase

LEA = Address("Léa Durand", "279035121518989@patient.mssante.fr")


class Keys(TestCase):
    def test_the_key_of_the_test_identity_fits(self) -> None:
        self.assertTrue(key_fits("279035121518989"))

    def test_corsica_is_reckoned_by_its_figures(self) -> None:
        for department, figures in (("2A", "19"), ("2B", "18")):
            key = 97 - int(f"18006{figures}004123") % 97
            self.assertTrue(key_fits(f"18006{department}004123{key:02}"))
            self.assertFalse(key_fits(f"18006{department}004123{(key + 1) % 97:02}"))

    def test_wrong_keys_of_published_examples_do_not_fit(self) -> None:
        for number in ("253097812634581", "123456789012345", "27903512151898", ""):
            self.assertFalse(key_fits(number))


class Identities(PharmacyTestCase):
    def test_a_patient_is_created_provisional_and_named_by_the_label(self) -> None:
        found = identify(LEA)

        assert found.patient
        patient = Patient.objects.get(pk=found.patient.pk)
        self.assertEqual((patient.ins, patient.display_name), ("279035121518989", "Léa Durand"))
        self.assertEqual((patient.ins_status, found.defects), (InsStatus.PROVISOIRE, ()))

    def test_the_same_address_in_capitals_and_under_another_name_is_the_same_patient(self) -> None:
        first = identify(LEA)

        second = identify(Address("Quelqu’un d’autre", "279035121518989@PATIENT.mssante.FR"))

        self.assertEqual(first.patient, second.patient)
        self.assertEqual(Patient.objects.get().display_name, "Léa Durand")

    def test_a_number_with_another_key_is_another_patient_and_a_warning(self) -> None:
        other = identify(Address("Léa Durand", "279035121518988@patient.mssante.fr"))

        self.assertEqual(other.defects, ("ins-key",))
        self.assertNotEqual(other.patient, identify(LEA).patient)

    def test_an_address_that_only_looks_like_a_patients_is_none(self) -> None:
        for address in ("279035121518989@patient.mssante.fr.example.org", "279035121518989@mssante.fr"):
            found = identify(Address("Léa Durand", address))
            self.assertEqual((found.patient, found.is_patient), (None, False))

    def test_a_patients_domain_without_a_number_is_a_warning(self) -> None:
        found = identify(Address("", "support@patient.mssante.fr"))

        self.assertEqual((found.patient, found.is_patient, found.defects), (None, True, ("ins-form",)))


class Race(CommittingPharmacyTestCase):
    def test_two_mails_at_once_of_a_new_patient_make_one(self) -> None:
        start = threading.Barrier(2)
        found = []

        def meet() -> None:
            connection.set_tenant(self.soleil)
            try:
                with transaction.atomic():
                    start.wait(10)
                    found.append(identify(LEA).patient)
            finally:
                connection.close()

        threads = [threading.Thread(target=meet) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        self.assertEqual(len(found), 2)
        self.assertEqual(found[0], found[1])
        self.assertEqual(Patient.objects.count(), 1)
