"""Commands about pharmacies and their teams."""
