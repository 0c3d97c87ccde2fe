"""Messages that leave: drafts, deliveries, receipts."""
