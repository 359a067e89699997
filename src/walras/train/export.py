"""Writes a trained model as a bundle that serves without torch, and reads it back.

person.onnx   a person's newest tokens → her vector [D]; scores have deviation 1 over the catalogue
items.npy     [I, D] vectors of the catalogue, row 0 zeros    item_ids.json   their ids, in order
content.npz   projection, codebooks and codes' vectors: content of an unseen item → its vector
graph.npz     index and weight [I, M], strongest neighbours   mix.json        how both become one score
manifest.json hashes, figures, seed and versions, written last
"""

import warnings
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from walras.features import UNTRAINED
from walras.features.tokens import VERSION
from walras.schema import Floats32
from walras.train.checkpoint import CODE_VERSION
from walras.train.dataset import Log
from walras.train.fit import Fitted
from walras.train.semantic import Codebooks
from walras.train.sequence import SequenceModel
from walras.world.bundles import Manifest, hashes, write_manifest

INPUTS = ("item", "outcome", "value", "surface", "gap")


class PersonVector(nn.Module):
    """What is served of the network: tokens in, the scaled vector after the last one out.

    Where popularity has a share, items' vectors hold it as one number more, and people's a 1.
    """

    spread: Tensor

    def __init__(self, model: SequenceModel, spread: Floats32, *, popularity: bool = False) -> None:
        """Take the network and the covariance [D, D] of the items."""
        super().__init__()
        self.model, self.popularity = model, popularity
        self.register_buffer("spread", torch.from_numpy(spread))

    def forward(self, item: Tensor, outcome: Tensor, value: Tensor, surface: Tensor, gap: Tensor) -> Tensor:
        """[B, D] of items' vectors [B, T, D] and codes [B, T], padding (outcome 0) behind the last token."""
        width = self.model.config.width
        state = self.model.latest(item[..., :width], outcome, value, surface, gap)  # [B, D]
        variance = ((state @ self.spread) * state).sum(-1, keepdim=True)
        person = state / variance.clamp(min=1e-12).sqrt()
        return torch.cat([person, torch.ones_like(variance)], dim=-1) if self.popularity else person


def served_items(fitted: Fitted) -> Floats32:
    """[I, D] items' vectors as they are served, with popularity as one number more where it has a share."""
    if not fitted.shares.popularity:
        return fitted.items
    return np.concatenate([fitted.items, fitted.common[:, None]], axis=1)


def write_bundle(
    folder: Path, fitted: Fitted, log: Log, *, version: str, created_ms: int = 0, text: str = UNTRAINED
) -> Manifest:
    """Write a bundle and its manifest.

    Args:
        folder: is made; its name should be the version.
        fitted: what to write.
        log: whose items they are.
        version: of the model.
        created_ms: when.
        text: version of the text model whose vectors were its contents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fitted.model.eval()
    export_person(fitted, folder / "person.onnx")
    np.save(folder / "items.npy", served_items(fitted))
    (folder / "item_ids.json").write_bytes(msgspec.json.encode(log.items))
    np.savez(folder / "graph.npz", index=fitted.graph.index, weight=fitted.graph.weight)
    np.savez(folder / "content.npz", **content_arrays(fitted))  # type: ignore[arg-type]
    graph = fitted.graph.config
    mix = {
        "weight": fitted.shares.graph, "recency": graph.recency, "history": graph.history,
        "tokens_max": fitted.model.config.tokens_max, "item_hash": log.item_hash, "text": text,
        "formula": "person . item + weight * graph / std(graph over the catalogue)",
    }  # fmt: skip
    (folder / "mix.json").write_bytes(msgspec.json.format(msgspec.json.encode(mix)))
    manifest = Manifest(
        version=version, kind="sequence", feature_version=VERSION, files=hashes(folder), created_ms=created_ms,
        metrics=fitted.figures, seed=fitted.config.seed, code_version=CODE_VERSION,
    )  # fmt: skip
    write_manifest(folder, manifest)
    return manifest


def export_person(fitted: Fitted, path: Path) -> None:
    """Write the person's side; people and tokens are free in number, up to `tokens_max`."""
    served = PersonVector(fitted.model, fitted.spread, popularity=fitted.shares.popularity > 0).eval()
    width = fitted.model.config.width + int(fitted.shares.popularity > 0)
    example = (torch.zeros(2, 3, width), *(torch.ones(2, 3, dtype=torch.int64) for _ in range(4)))
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with warnings.catch_warnings():
        # The exporter warns of its own future; nothing there is ours to change.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            served, example, str(path), dynamo=True, opset_version=18, input_names=list(INPUTS),
            output_names=["person"], dynamic_shapes=tuple(free for _ in INPUTS), verbose=False, external_data=False,
        )  # fmt: skip


def content_arrays(fitted: Fitted) -> dict[str, np.ndarray]:
    """What turns the content of an unseen item into a vector."""
    items = fitted.model.items
    more = int(fitted.shares.popularity > 0)  # nobody has chosen an unseen item yet
    codes = np.stack([part.weight.detach().numpy() for part in items.by_code])  # [L, K + 1, D]
    return {
        "projection": np.pad(items.by_content.weight.detach().numpy().T, ((0, 0), (0, more))),  # [C, D]
        "centres": fitted.codebooks.centres,  # [L, K, C]
        "codes": np.pad(codes, ((0, 0), (0, 0), (0, more))),
    }


def unseen_vectors(arrays: dict[str, np.ndarray] | Any, content: Floats32) -> Floats32:
    """[N, D] vectors of items that were never met, from their contents [N, C]; zeros where there is none."""
    codes = Codebooks(arrays["centres"]).codes(content)
    vectors = content @ arrays["projection"]
    for level in range(codes.shape[1]):
        vectors = vectors + arrays["codes"][level][codes[:, level]]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)
