"""Roots and codes of the French health documents (CI-SIS; mssante.md 3.1, 6.1, 8.1)."""

from __future__ import annotations

# Under these a patient's identifier is an INS: NIR, NIA, of test, of demonstration.
INS_ROOTS = frozenset(f"1.2.250.1.213.1.4.{number}" for number in (8, 9, 10, 11))
# Matricules under these are nobody's: their keys may be wrong.
INS_TEST_ROOTS = frozenset(f"1.2.250.1.213.1.4.{number}" for number in (10, 11))
PROFESSIONALS = "1.2.250.1.71.4.2.1"
PRESCRIPTION_NUMBERS = "1.2.250.1.215.500.1.1"

PRESCRIPTION = "57833-6"
COPY = "55108-5"
