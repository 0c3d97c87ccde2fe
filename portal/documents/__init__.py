"""What an attachment contains, and its pages as pictures."""
