"""The help: five short pages for the team."""
