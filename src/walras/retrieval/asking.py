"""What a source is asked, and what it proposes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from walras.features import PersonState
from walras.schema import Floats32, Ints, Surface

_NO_ROWS: Ints = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose page is to be filled, where, when, and with which draws."""

    person: PersonState
    surface: Surface
    now_ms: int
    rng: np.random.Generator
    context: Mapping[str, str] = field(default_factory=dict)
    exclude: Ints = field(default_factory=_NO_ROWS.copy)  # rows the request does not want
    read: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)  # what sources share of this request


@dataclass(frozen=True, slots=True)
class Proposal:
    """N items one source names, best first."""

    row: Ints
    score: Floats32
    propensity: Floats32  # chance with which each was named, 1 where chance played no part


class Source(Protocol):
    """Names items that could fill a place."""

    name: str
    waits: bool  # whether it waits for something outside the process, and so runs beside the others

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Name at most `count` items that nothing forbids for this person."""
        ...


NOTHING = Proposal(_NO_ROWS, np.zeros(0, np.float32), np.zeros(0, np.float32))


def surely(row: Ints, score: Floats32) -> Proposal:
    """A proposal in which chance played no part."""
    return Proposal(row.astype(np.int32), score.astype(np.float32), np.ones(len(row), np.float32))
