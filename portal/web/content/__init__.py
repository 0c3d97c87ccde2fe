"""The content host: what senders sent, apart from everything that has a session."""
