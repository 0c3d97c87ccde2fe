"""The console of the responsible person: team, mailbox, journal, hours."""
