"""What is owed: double entry in integer fen, append-only, idempotent by key."""
