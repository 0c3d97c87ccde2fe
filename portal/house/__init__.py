"""What the pharmacy says of itself to anybody: its opening hours."""
