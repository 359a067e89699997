"""What exists: people, items, owners, API keys, models, the price table and trial assignment."""
