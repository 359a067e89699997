"""Ask every source of a surface, each within its time, and merge what they name."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from walras.base.clock import elapsed_s
from walras.base.limits import CANDIDATES_MAX
from walras.base.logs import room_log
from walras.base.streams import stream
from walras.features import State, compiled_in_place
from walras.retrieval.asking import Asked, Proposal, Source
from walras.retrieval.exclusions import exclude
from walras.schema import Candidates, Codes, Ints, Longs, SourceShare, Surface

_LOG = room_log("retrieval")


@dataclass(frozen=True, slots=True)
class Proposed:
    """Candidates of all sources, and how it went."""

    candidates: Candidates
    counts: dict[str, int]  # items each source named
    missing: tuple[str, ...]  # sources that failed, came late or are not there


def propose_all(sources: Mapping[str, Source], asked: Asked, beside: ThreadPoolExecutor | None = None) -> Proposed:
    """Ask every source of the surface; what fails or comes too late is named, and the page goes on.

    Args:
        sources: sources by name; the surface says which are asked, in which order, for how many.
        asked: whose page.
        beside: threads for sources that wait for something outside; without it they are asked in line.

    Returns:
        At most `CANDIDATES_MAX` candidates, each item once, in the order of sources; the first that named it has it.
    """
    shares = [share for share in asked.surface.sources if share.count > 0]
    begun = _begin(sources, asked, shares, beside)
    made: list[tuple[str, Proposal]] = []
    missing: list[str] = []
    for share in shares:
        proposal = _finish(sources.get(share.source), asked, share, begun.get(share.source))
        if proposal is None:
            missing.append(share.source)
        else:
            made.append((share.source, proposal))
    counts = {name: len(proposal.row) for name, proposal in made}
    return Proposed(merge(made), counts, tuple(missing))


def warm_up(sources: Mapping[str, Source], state: State) -> None:
    """Ask every source once for nobody, so that no page waits for compiled loops to be loaded.

    Args:
        sources: all sources.
        state: what they read; it is not changed.
    """
    stranger, rng = state.person_view("", 0), stream(0, "retrieval/warm-up")
    nobody = replace(
        stranger,
        items=np.ones(2, np.int32),
        outcomes=np.full(2, 2, np.uint8),
        times_ms=np.zeros(2, np.int64),
        values=np.ones(2, np.float32),
        surfaces=np.zeros(2, np.uint8),
    )
    surface = Surface(name="warm-up", sources=tuple(SourceShare(name, 10) for name in sources), source_budget_ms=1e6)
    exists = len(state.item_row.names) > 1
    now_ms = int(state.counters.landmark_ms[2])
    asked = Asked(person=nobody if exists else stranger, surface=surface, now_ms=now_ms, rng=rng)
    exclude(propose_all(sources, asked).candidates, asked, state)


def _begin(
    sources: Mapping[str, Source], asked: Asked, shares: list[SourceShare], beside: ThreadPoolExecutor | None
) -> dict[str, Future[Proposal]]:
    """Start the sources that wait, so that they wait together."""
    if beside is None:
        return {}
    waiting = [share for share in shares if share.source in sources and sources[share.source].waits]
    return {share.source: beside.submit(sources[share.source].propose, asked, share.count) for share in waiting}


def _finish(source: Source | None, asked: Asked, share: SourceShare, begun: Future[Proposal] | None) -> Proposal | None:
    """One source's proposal; None where it failed or overran its budget. A source may fail in any way: it is a door."""
    if source is None:
        return None
    budget_s, started_s = asked.surface.source_budget_ms / 1000.0, elapsed_s()
    try:
        if begun is not None:
            return begun.result(timeout=budget_s)
        proposal = source.propose(asked, share.count)
    except TimeoutError:
        _LOG.warning("source %s did not answer within its budget", share.source)
        return None
    except Exception:
        _LOG.exception("source %s failed", share.source)
        return None
    spent_s = elapsed_s() - started_s
    if spent_s <= budget_s:
        return proposal
    _LOG.warning("source %s took %.1f ms", share.source, spent_s * 1000.0)
    return None


@compiled_in_place
def _fold(row: Ints, source: Codes, table: Ints, first: Longs, bits: Longs) -> int:
    """For each different row, its first place and a bit for every source that named it; gives how many there are.

    `table` has room for a power of two of entries, all -1: which of the different rows lies there, by its hash.
    """
    made, mask = 0, len(table) - 1
    for n in range(len(row)):
        slot = (row[n] * 2_654_435_761 >> 8) & mask
        while table[slot] >= 0 and row[first[table[slot]]] != row[n]:
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot], first[made], bits[made] = made, n, 0
            made += 1
        bits[table[slot]] |= 1 << source[n]
    return made


def merge(made: list[tuple[str, Proposal]]) -> Candidates:
    """Join proposals: each item once, under the first source that named it, with a bit for every one that did."""
    names = tuple(name for name, _ in made)
    parts = [proposal for _, proposal in made]
    row = np.concatenate([np.zeros(0, np.int32), *(part.row for part in parts)])
    source = np.repeat(np.arange(len(parts), dtype=np.uint8), [len(part.row) for part in parts])
    first, bits = np.empty(len(row), np.int64), np.empty(len(row), np.int64)
    table = np.full(1 << (2 * len(row)).bit_length(), -1, np.int32)
    count = min(_fold(row, source, table, first, bits), CANDIDATES_MAX)
    kept = first[:count]
    return Candidates(
        row=row[kept].astype(np.int32, copy=False),
        source=source[kept],
        score=np.concatenate([np.zeros(0, np.float32), *(part.score for part in parts)])[kept],
        propensity=np.concatenate([np.zeros(0, np.float32), *(part.propensity for part in parts)])[kept],
        sources=names,
        named_by=bits[:count],
        dropped=np.zeros(len(kept), np.uint8),
    )
