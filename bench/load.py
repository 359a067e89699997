"""A load from a process of its own: a few connections on loopback that ask one after the other, timing each answer.

`python -m bench.load PORT PLAN SECONDS CONNECTIONS` reads requests from PLAN (one JSON object a line: method, path,
body) and prints one JSON object: answers, failures, seconds, latencies in milliseconds. It asks only 127.0.0.1.
"""

import asyncio
import sys
import time
from pathlib import Path

import msgspec

HOST = "127.0.0.1"


def request_bytes(method: str, path: str, body: bytes, key: str) -> bytes:
    """One HTTP/1.1 request, ready to send."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer whole and give its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    start = lower.find(b"content-length:")
    if start >= 0:
        length = int(lower[start + 15 : lower.index(b"\r\n", start)])
        await reader.readexactly(length)
    return status


async def _ask(port: int, requests: list[bytes], until: float, taken: list[float], failures: list[int]) -> None:
    """Ask on one connection, round and round, until the time is up."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**24)
    turn = 0
    while time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(requests[turn % len(requests)])
        await writer.drain()
        status = await _answer(reader)
        taken.append(time.perf_counter() - start)
        if status >= 400:
            failures.append(status)
        turn += 1
    writer.close()


async def load(port: int, requests: list[bytes], seconds: float, connections: int) -> dict[str, object]:
    """Ask for some seconds on some connections, each beginning at another request."""
    taken: list[float] = []
    failures: list[int] = []
    start = time.perf_counter()
    step = max(1, len(requests) // connections)
    asks = [
        _ask(port, requests[i * step :] + requests[: i * step], start + seconds, taken, failures)
        for i in range(connections)
    ]
    await asyncio.gather(*asks)
    spent = time.perf_counter() - start
    return {"answers": len(taken), "failures": len(failures), "seconds": spent, "ms": sorted(1000 * t for t in taken)}


def quantile(sorted_ms: list[float], share: float) -> float:
    """The latency below which this share of answers came."""
    return sorted_ms[min(len(sorted_ms) - 1, int(share * len(sorted_ms)))] if sorted_ms else float("nan")


def main() -> None:
    """Read the plan, load, print what was seen."""
    port, plan, seconds, connections, key = sys.argv[1:6]
    lines = [msgspec.json.decode(line) for line in Path(plan).read_bytes().splitlines()]
    requests = [request_bytes(r["method"], r["path"], msgspec.json.encode(r["body"]), key) for r in lines]
    seen = asyncio.run(load(int(port), requests, float(seconds), int(connections)))
    print(msgspec.json.encode(seen).decode())


if __name__ == "__main__":
    main()
