"""What is known now: sequences, counters, graph."""
