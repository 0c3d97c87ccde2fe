"""A stand-in MSSanté operator for the demo and the tests: real protocols, own authority, invented people."""
