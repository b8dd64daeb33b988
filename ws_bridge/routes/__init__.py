"""Routes: read in one transaction, hand over, answer."""
