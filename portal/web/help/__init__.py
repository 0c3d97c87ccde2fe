"""The help: six short pages for the team."""
