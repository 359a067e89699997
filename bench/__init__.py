"""Benchmarks: long runs, by name, whose figures go into docs/."""
