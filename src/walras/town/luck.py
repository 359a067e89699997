"""Draws by name: each depends on the seed and on what it is for, and on nothing that was drawn before.

So two towns that differ in one policy have the same luck, person by person and exposure by exposure, and a town that
was stopped goes on with the luck it would have had. The numbers are SplitMix64's (Steele, Lea and Flood 2014), with
the keys mixed in one after the other.
"""

import hashlib
import zlib
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats: TypeAlias = NDArray[np.float64]
Longs: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
_Bits: TypeAlias = NDArray[np.uint64]
_STEP, _ONE, _TWO = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator that depends on the seed and the stream's name alone."""
    digest = hashlib.blake2b(f"{seed}/town/{name}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def luck(seed: int, what: str, *keys: ArrayLike) -> Floats:
    """Even draws in (0, 1), one for each combination of keys.

    Args:
        seed: of the town.
        what: what the draw is for.
        keys: whole numbers that say whose draw it is, as arrays that broadcast.
    """
    bits = bits_of(seed, what, *keys)
    even: Floats = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return even


def normal(seed: int, what: str, *keys: ArrayLike) -> Floats:
    """Draws of the standard normal law, one for each combination of keys."""
    drawn: Floats = ndtri(luck(seed, what, *keys))
    return drawn


def bits_of(seed: int, what: str, *keys: ArrayLike) -> _Bits:
    """64 random bits for each combination of keys."""
    mixed = _mix(np.array([seed], np.int64).astype(np.uint64) ^ np.uint64(zlib.crc32(what.encode())))
    for key in keys:
        mixed = _mix(mixed + _mix(np.asarray(key, np.int64).astype(np.uint64)))
    if all(np.ndim(key) == 0 for key in keys):
        return mixed.reshape(())
    return mixed


def _mix(bits: NDArray[Any]) -> _Bits:
    # Whole numbers of 64 bits run over on purpose.
    with np.errstate(over="ignore"):
        z = np.atleast_1d(bits).astype(np.uint64) + _STEP
        z = (z ^ (z >> np.uint64(30))) * _ONE
        z = (z ^ (z >> np.uint64(27))) * _TWO
        return np.asarray(z ^ (z >> np.uint64(31)), np.uint64)
