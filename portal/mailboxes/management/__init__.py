"""Commands of the mailboxes."""
