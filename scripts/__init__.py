"""Commands of a development machine, standard library only."""
