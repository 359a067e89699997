"""What happened: the durable, idempotent, replayable log. The only way in."""
