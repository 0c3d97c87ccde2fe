"""What the team shares: conversations and their messages."""
