"""Arithmetic on arrays: value, allocation, payment, prices."""
