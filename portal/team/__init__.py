"""Who is on the team, and what each may do."""
