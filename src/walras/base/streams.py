"""Random streams by name, from one root seed. Adding a draw to one stream changes no other."""

import hashlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator that depends on the root seed and the stream's name alone.

    Args:
        seed: the root seed.
        name: a path such as `feed/explore/p018f…`.
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def share_of(seed: int, name: str) -> float:
    """A number in [0, 1) that is always the same for one seed and name; for assignment by hash."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) / float(1 << 53)
