"""Messages that arrive: fetched, stored, understood."""
