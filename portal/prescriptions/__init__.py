"""What a prescription goes through, and who released it."""
