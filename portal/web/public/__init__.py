"""What anybody may see of a pharmacy."""
