"""The BAL: where mail comes from and leaves by."""
