"""A trained sequence model as it serves: read from its folder, without torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime

from walras.base.errors import Corrupt
from walras.features import UNTRAINED, WIDTH, PersonState, State, tokens
from walras.schema import Floats32, Ints


class Mix(msgspec.Struct, frozen=True):
    """How the network's score and the item graph's become one."""

    weight: float
    recency: float  # the k-th newest choice counts k^-recency
    history: int  # newest choices that are read
    tokens_max: int
    text: str = UNTRAINED  # version of the text model whose vectors it has learnt


@dataclass(frozen=True, slots=True)
class Content:
    """Turns the content of an item the model never met into a vector."""

    projection: Floats32  # [C, D]
    centres: Floats32  # [L, K, C]
    codes: Floats32  # [L, K + 1, D]

    def vectors(self, content: Floats32) -> Floats32:
        """[N, D] vectors of length 1 from contents [N, C]; zeros where there is none."""
        rest, made = content.copy(), content @ self.projection
        told = np.linalg.norm(content, axis=1) > 0
        for centres, codes in zip(self.centres, self.codes, strict=True):
            nearest = np.argmax(rest @ centres.T - 0.5 * (centres**2).sum(axis=1), axis=1)
            made = made + codes[np.where(told, nearest + 1, 0)]
            rest = rest - centres[nearest]
        length = np.linalg.norm(made, axis=1, keepdims=True)
        return np.where(told[:, None], made / np.maximum(length, 1e-12), 0.0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The parts of a model: I items of its own rows, row 0 nobody's, vectors of width D."""

    items: Floats32  # [I, D]
    item_ids: list[str]  # [I], the first empty
    neighbours: Ints  # [I, M] rows, 0 where there are fewer
    weights: Floats32  # [I, M]
    content: Content
    mix: Mix
    person: Any  # the network: tokens in, the person's vector out

    def person_vector(self, view: PersonState, vectors: Floats32, kept: Ints) -> Floats32:
        """[D] the vector of a person.

        Args:
            view: the person.
            vectors: [T, D] of the items of the behaviours that are read.
            kept: [T] which behaviours those are, oldest first.
        """
        read = tokens(
            view.items[kept], view.outcomes[kept], view.values[kept], view.surfaces[kept], view.times_ms[kept]
        )
        columns = {name: getattr(read, name)[None].astype(np.int64) for name in ("outcome", "value", "surface", "gap")}
        made: Floats32 = self.person.run(["person"], {"item": vectors[None], **columns})[0][0]
        return made


def read_bundle(folder: Path) -> Bundle:
    """Read a model's folder; its hashes are held against the manifest by whoever registered it.

    Raises:
        Corrupt: a file is missing, cannot be read or does not fit the others.
    """
    try:
        with np.load(folder / "graph.npz") as graph, np.load(folder / "content.npz") as content:
            bundle = Bundle(
                items=np.load(folder / "items.npy").astype(np.float32, copy=False),
                item_ids=msgspec.json.decode((folder / "item_ids.json").read_bytes(), type=list[str]),
                neighbours=graph["index"].astype(np.int32),
                weights=graph["weight"].astype(np.float32),
                content=Content(*(content[name].astype(np.float32) for name in ("projection", "centres", "codes"))),
                mix=msgspec.json.decode((folder / "mix.json").read_bytes(), type=Mix),
                person=_network(folder / "person.onnx"),
            )
    except (OSError, ValueError, KeyError, EOFError, msgspec.MsgspecError) as error:
        raise Corrupt(f"is no readable model: {error}", field=folder.name) from error
    _check(bundle, folder.name)
    return bundle


def _network(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except OSError:
        raise
    except Exception as error:  # The runtime's own errors have no common root but this.
        raise ValueError(str(error)) from error


def _check(bundle: Bundle, name: str) -> None:
    """A bundle whose parts speak of different items or widths would name the wrong items without any error."""
    rows, width = bundle.items.shape
    sizes = {rows, len(bundle.item_ids), len(bundle.neighbours), len(bundle.weights)}
    widths = {width, bundle.content.projection.shape[1], bundle.content.codes.shape[2]}
    if len(sizes) > 1 or len(widths) > 1 or bundle.neighbours.shape != bundle.weights.shape:
        raise Corrupt("has parts that do not fit", field=name, value=(sizes, widths))
    if bundle.neighbours.size and int(bundle.neighbours.max()) >= rows:
        raise Corrupt("names neighbours it does not have", field=name, value=int(bundle.neighbours.max()))
    if not np.isfinite(bundle.items).all():
        raise Corrupt("has vectors that are not finite", field=name)


class Rows:
    """Which row of the state is which row of the model, read on as items get rows."""

    def __init__(self, bundle: Bundle, state: State) -> None:
        """Find the model's items in a state."""
        self._bundle, self._state = bundle, state
        self._row_in_model = {name: row for row, name in enumerate(bundle.item_ids) if row}
        self._of_state: Ints = np.zeros(1, np.int32)
        self.of_model: Ints = np.zeros(len(bundle.item_ids), np.int32)  # [I] rows of the state, 0 where it has none
        self.catch_up()

    def catch_up(self) -> None:
        """Take items that got a row since."""
        first, names = len(self._of_state), self._state.item_row.names
        if first == len(names):
            return
        new = np.fromiter((self._row_in_model.get(name, 0) for name in names[first:]), np.int32, len(names) - first)
        self._of_state = np.concatenate([self._of_state, new])
        met = np.flatnonzero(new)
        self.of_model[new[met]] = (met + first).astype(np.int32)

    def of_state(self, rows: Ints) -> Ints:
        """[N] rows of the model for rows of the state, 0 where it never met the item."""
        return self._of_state[rows]

    def vectors(self, rows: Ints) -> Floats32:
        """[N, D] vectors of rows of the state: learnt ones, and of unmet items what their words say."""
        own = self._of_state[rows]
        made = self._bundle.items[own]
        unmet = np.flatnonzero(own == 0)
        # Vectors of another text model mean something else: then items it never met are left to other sources.
        read = self._state.catalogue.text.version == self._bundle.mix.text
        if len(unmet) and read and len(self._bundle.content.projection) == WIDTH:
            words = self._state.catalogue.vectors(rows[unmet])
            made[unmet] = self._bundle.content.vectors(words)
        return made
