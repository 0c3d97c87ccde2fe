"""A pharmacy's keyring, and the box that only workers open."""

from __future__ import annotations

from unittest import mock
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.test import SimpleTestCase, override_settings

from portal.vault import keys
from portal.vault.keys import (
    Keyring,
    NoPrivateKey,
    Unopenable,
    current_keyring,
    forget_keyrings,
    new_keyring,
    open_from_transport,
    open_keyring,
    rewrap,
    rotate_data_key,
    seal_for_transport,
)
from tenants.context import NoPharmacy, inside, leave
from tests.vault.pharmacies import pharmacy

OLD, NEW = b"o" * 32, b"n" * 32


@override_settings(VAULT_KEYS=[OLD])
class KeyringTests(SimpleTestCase):
    def setUp(self) -> None:
        forget_keyrings()
        self.addCleanup(forget_keyrings)
        self.id = uuid4()
        self.sealed = new_keyring(self.id)

    def opened(self) -> Keyring:
        return open_keyring(self.id, self.sealed)

    def test_what_is_sealed_opens_in_the_same_place_only(self) -> None:
        sealed = self.opened().seal(b"amoxicilline", b"here")

        self.assertEqual(self.opened().open(sealed, b"here"), b"amoxicilline")
        with self.assertRaises(Unopenable):
            self.opened().open(sealed, b"there")

    def test_a_neighbour_opens_neither_the_keyring_nor_what_it_sealed(self) -> None:
        neighbour = uuid4()

        with self.assertRaises(Unopenable):
            open_keyring(neighbour, self.sealed)
        with self.assertRaises(Unopenable):
            open_keyring(neighbour, new_keyring(neighbour)).open(self.opened().seal(b"x", b""), b"")

    def test_every_flipped_bit_of_a_keyring_and_of_a_sealed_value_is_found(self) -> None:
        value = self.opened().seal(b"Doliprane 1000", b"here")
        for bit in range(len(value) * 8):
            with self.assertRaises(Unopenable):
                self.opened().open(flipped(value, bit), b"here")
        for bit in range(len(self.sealed) * 8):
            with self.assertRaises(Unopenable):
                open_keyring(self.id, flipped(self.sealed, bit))

    def test_bytes_cut_short_do_not_open(self) -> None:
        value = self.opened().seal(b"", b"")
        for length in range(len(value)):
            with self.assertRaises(Unopenable):
                self.opened().open(value[:length], b"")
        with self.assertRaises(Unopenable):
            open_keyring(self.id, b"")

    def test_a_new_data_key_seals_and_the_old_one_still_opens(self) -> None:
        before = self.opened()
        old_value = before.seal(b"x", b"")

        after = open_keyring(self.id, rotate_data_key(self.id, self.sealed))

        self.assertEqual(after.open(old_value, b""), b"x")
        with self.assertRaises(Unopenable):
            before.open(after.seal(b"x", b""), b"")
        self.assertEqual(after.index_subkey(b"search"), before.index_subkey(b"search"))

    def test_the_vault_key_is_changed_by_wrapping_again(self) -> None:
        value = self.opened().seal(b"x", b"")
        with override_settings(VAULT_KEYS=[NEW, OLD]):
            wrapped = rewrap(self.id, self.sealed)
        with override_settings(VAULT_KEYS=[NEW]):
            self.assertEqual(open_keyring(self.id, wrapped).open(value, b""), b"x")
            forget_keyrings()
            with self.assertRaises(Unopenable):
                open_keyring(self.id, self.sealed)

    def test_an_opened_keyring_is_kept_five_minutes_and_no_longer(self) -> None:
        with mock.patch.object(keys.time, "monotonic", return_value=1000.0) as clock:
            first = self.opened()
            clock.return_value = 1299.0
            self.assertIs(self.opened(), first)
            clock.return_value = 1300.0
            self.assertIsNot(self.opened(), first)
            self.assertEqual(len(keys._opened), 1)

    def test_it_never_shows_its_keys(self) -> None:
        keyring = self.opened()
        keyring.seal(b"x", b"")

        for secret in (keyring.index_key, *keyring.data_keys.values()):
            self.assertNotIn(repr(secret), repr(keyring))

    def test_there_is_no_keyring_outside_a_pharmacy(self) -> None:
        leave()
        with self.assertRaises(NoPharmacy):
            current_keyring()
        here = pharmacy()
        with inside(here):
            self.assertEqual(current_keyring().pharmacy_id, here.id)


class TransportTests(SimpleTestCase):
    def setUp(self) -> None:
        self.private = X25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes_raw()
        self.enterContext(override_settings(TRANSPORT_PUBLIC_KEYS=[self.public], TRANSPORT_PRIVATE_KEYS=[]))
        self.sealed = seal_for_transport(b"certificate", aad=b"mailbox 1")

    def worker(self, *keys: X25519PrivateKey) -> override_settings:
        return override_settings(TRANSPORT_PRIVATE_KEYS=[key.private_bytes_raw() for key in keys])

    def test_the_web_process_can_seal_and_says_that_it_cannot_open(self) -> None:
        with self.assertRaises(NoPrivateKey):
            open_from_transport(self.sealed, aad=b"mailbox 1")

    def test_a_worker_opens_with_any_of_its_keys(self) -> None:
        with self.worker(X25519PrivateKey.generate(), self.private):
            self.assertEqual(open_from_transport(self.sealed, aad=b"mailbox 1"), b"certificate")

    def test_another_mailbox_or_another_key_does_not_open_it(self) -> None:
        with self.worker(self.private), self.assertRaises(Unopenable):
            open_from_transport(self.sealed, aad=b"mailbox 2")
        with self.worker(X25519PrivateKey.generate()), self.assertRaises(Unopenable):
            open_from_transport(self.sealed, aad=b"mailbox 1")

    def test_every_flipped_bit_is_found(self) -> None:
        with self.worker(self.private):
            # The 256th bit of an X25519 public key is ignored by RFC 7748, not by the key derivation.
            for bit in range(len(self.sealed) * 8):
                with self.assertRaises(Unopenable):
                    open_from_transport(flipped(self.sealed, bit), aad=b"mailbox 1")


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
