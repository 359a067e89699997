"""PyTorch, as programs."""
