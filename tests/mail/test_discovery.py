"""An operator's servers are found from the domain of an address, by DNS SRV."""

from __future__ import annotations

from unittest import TestCase, mock

import dns.resolver

from portal.mail import discovery
from portal.mail.discovery import Place, find_servers
from portal.mail.endpoint import Security
from portal.mail.faults import Code, TemporaryFault
from tests.servers.nameserver import Records, name_server

DOMAIN = "officine-test.mssante.fr"


class FindServers(TestCase):
    def found(self, records: Records) -> discovery.Servers:
        with name_server({f"{name}.{DOMAIN}.": found for name, found in records.items()}) as where:
            return find_servers(DOMAIN, resolver=where)

    def test_starttls_as_the_standard_of_mssante_has_it(self) -> None:
        found = self.found(
            {
                "_imap._tcp": ["0 1 143 imap.operateur.example."],
                "_submission._tcp": ["0 1 587 smtp.operateur.example."],
            }
        )
        self.assertEqual(found.reading, Place("imap.operateur.example", 143, Security.STARTTLS))
        self.assertEqual(found.sending, Place("smtp.operateur.example", 587, Security.STARTTLS))

    def test_tls_at_once_comes_first_where_both_are_said(self) -> None:
        found = self.found(
            {
                "_imap._tcp": ["0 1 143 imap.operateur.example."],
                "_imaps._tcp": ["10 1 993 imap.operateur.example."],
                "_submissions._tcp": ["0 1 465 smtp.operateur.example."],
            }
        )
        self.assertEqual(found.reading, Place("imap.operateur.example", 993, Security.IMPLICIT))
        self.assertEqual(found.sending, Place("smtp.operateur.example", 465, Security.IMPLICIT))

    def test_the_lowest_priority_wins_then_the_heaviest(self) -> None:
        found = self.found(
            {"_imaps._tcp": ["20 9 993 trois.example.", "10 1 993 deux.example.", "10 5 993 un.example."]}
        )
        self.assertEqual(found.reading and found.reading.host, "un.example")

    def test_a_service_said_not_to_be_there_is_passed_over(self) -> None:
        found = self.found({"_imaps._tcp": ["0 0 0 ."], "_imap._tcp": ["0 1 143 imap.example."]})
        self.assertEqual(found.reading, Place("imap.example", 143, Security.STARTTLS))

    def test_a_domain_that_says_nothing(self) -> None:
        self.assertEqual(self.found({}), discovery.Servers(None, None))

    def test_a_machine_that_knows_no_name_server(self) -> None:
        missing = dns.resolver.NoResolverConfiguration()
        with (
            mock.patch.object(dns.resolver.Resolver, "read_resolv_conf", side_effect=missing),
            self.assertRaises(TemporaryFault) as caught,
        ):
            find_servers(DOMAIN)
        self.assertEqual(caught.exception.code, Code.DNS)

    def test_a_name_server_that_stays_silent_is_not_waited_for_without_end(self) -> None:
        with (
            mock.patch.object(discovery, "SECONDS", 0.3),
            name_server({}, silent=True) as where,
            self.assertRaises(TemporaryFault) as caught,
        ):
            find_servers(DOMAIN, resolver=where)
        self.assertEqual(caught.exception.code, Code.TIMEOUT)
