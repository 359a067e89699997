"""Models for a large ground: trained on the embedded sample, with item vectors and neighbours made for every item.

Speed depends on shapes and sizes, which are the real ones; what the vectors say does not matter here.
"""

import shutil
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from bench.ground import TOPICS
from walras.app import open_log
from walras.app.building import FEATURES
from walras.app.seeding import fill_with_sample
from walras.base.settings import Settings
from walras.town.sample import write_sample
from walras.train.program import train_all
from walras.world import Manifest, hashes, open_world, write_manifest

SETTINGS = Settings(train_budget_s=5, seed=1)
NEIGHBOURS = 32
NOISE = 0.6


def models(home: Path, items: int, small: Path) -> None:
    """Put a sequence model over `items` items and a ranker into a home folder and let them serve.

    Args:
        home: a filled ground.
        items: how many it has.
        small: a folder with the models of the sample, trained into it where it does not exist.
    """
    if not small.exists():
        _train(small)
    shutil.copytree(small / "ranker", home / "models" / "ranker-bench")
    _enlarge(small / "sequence", home / "models" / "sequence-bench", items)
    _register(home, "ranker", home / "models" / "ranker-bench")
    _register(home, "sequence", home / "models" / "sequence-bench")


def _train(small: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        home = Path(folder)
        with open_log(home, SETTINGS) as opened:
            fill_with_sample(home, 1, opened, write_sample)
        report = train_all(home, SETTINGS, refit=False, progress=lambda _status: None)
        made = small.with_name(small.name + ".new")
        shutil.rmtree(made, ignore_errors=True)
        for model in report["models"]:
            if model["kind"] in ("ranker", "sequence"):
                shutil.copytree(home / "models" / model["version"], made / model["kind"])
        made.rename(small)


def _enlarge(small: Path, large: Path, items: int) -> None:
    shutil.copytree(small, large)
    rng = np.random.Generator(np.random.PCG64(3))
    width = np.load(small / "items.npy").shape[1]
    topics = rng.standard_normal((TOPICS, width)).astype(np.float32)
    vectors = NOISE * rng.standard_normal((items + 1, width)).astype(np.float32) + topics[np.arange(items + 1) % TOPICS]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[0] = 0.0
    np.save(large / "items.npy", vectors)
    (large / "item_ids.json").write_bytes(msgspec.json.encode(["", *(f"i{n}" for n in range(items))]))
    index = rng.integers(1, items + 1, (items + 1, NEIGHBOURS), dtype=np.int32)
    np.savez(large / "graph.npz", index=index, weight=rng.random((items + 1, NEIGHBOURS), np.float32))


def _register(home: Path, kind: str, folder: Path) -> None:
    (folder / "manifest.json").unlink()
    manifest = Manifest(version=folder.name, kind=kind, feature_version=FEATURES[kind], files=hashes(folder))
    write_manifest(folder, manifest)
    world = open_world(home, SETTINGS, features=FEATURES)
    world.models.register(manifest)
    world.models.activate(manifest.version)
    world.close()
