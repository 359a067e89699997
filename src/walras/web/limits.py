"""How often a key may ask: one token bucket per key, in the memory of this process.

With W serving processes a key may ask up to W times its rate, since each process counts for itself.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

# Keys whose buckets are remembered; the least recently used is forgotten, which only makes it full again.
BUCKETS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's rate after this request."""

    allowed: bool
    limit: int  # requests a full bucket holds
    remaining: int
    retry_after_s: int  # 0 where it was allowed

    def headers(self) -> list[tuple[bytes, bytes]]:
        """RateLimit headers of the IETF draft: the policy, and what is left of it now."""
        found = [
            (b"ratelimit-policy", b'"key";q=%d;w=1' % self.limit),
            (b"ratelimit", b'"key";r=%d;t=%d' % (self.remaining, max(self.retry_after_s, 1))),
        ]
        return found if self.allowed else [*found, (b"retry-after", b"%d" % self.retry_after_s)]


class TokenBuckets:
    """A bucket per key that fills at the key's rate and holds one second of it."""

    def __init__(self, buckets_max: int = BUCKETS_MAX) -> None:
        """Start with every bucket full."""
        self._buckets_max = buckets_max
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when they were counted

    def take(self, key: str, per_s: float, now_s: float) -> Allowance:
        """Take one token.

        Args:
            key: whose bucket.
            per_s: requests a second.
            now_s: a clock that never jumps.
        """
        size = max(per_s, 1.0)
        tokens, at_s = self._buckets.pop(key, (size, now_s))
        tokens = min(size, tokens + (now_s - at_s) * per_s)
        allowed = tokens >= 1.0
        self._buckets[key] = (tokens - 1.0 if allowed else tokens, now_s)
        if len(self._buckets) > self._buckets_max:
            self._buckets.popitem(last=False)
        wait_s = 0 if allowed else max(1, math.ceil((1.0 - tokens) / per_s))
        return Allowance(allowed, int(size), int(tokens - 1.0) if allowed else 0, wait_s)
