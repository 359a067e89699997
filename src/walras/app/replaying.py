"""The proof that the log is the truth: the state made anew from it, or a page made again."""

from pathlib import Path
from typing import Any

from walras.app.building import (
    TRAINED,
    Moved,
    bare_models,
    chosen_text,
    load_models,
    open_log,
    read_into,
    restore_state,
    text_named,
    world_of,
)
from walras.base.clock import SetClock
from walras.base.errors import NotFound
from walras.base.settings import Settings
from walras.features import State
from walras.feed import Engine, remake, same_page


def replay_state(home: Path, settings: Settings, moved: Moved = lambda _done, _total: None) -> dict[str, Any]:
    """Rebuild the state from the log alone and compare it with the snapshot brought up to date.

    Args:
        home: whose log.
        settings: as chosen.
        moved: told how many rows are read, and how many there are.
    """
    with open_log(home, settings) as (log, registry, _clock), world_of(home, settings) as world:
        position, text = log.position(), chosen_text(world)
        kept = restore_state(home, log, registry, text)
        read_into(kept, log, until=position)
        anew = State(registry, text=text)
        read_into(anew, log, until=position, moved=moved)
    equal = kept.digest() == anew.digest()
    verdict = "is the same as" if equal else "DIFFERS from"
    sentence = f"The state made from all {position} rows of the log {verdict} the running one: {anew.events} events."
    return {
        "equal": equal,
        "position": position,
        "events": anew.events,
        "digest": anew.digest(),
        "sentence": sentence,
    }


def replay_page(home: Path, settings: Settings, page_id: str) -> dict[str, Any]:
    """Make a page again from the log, its record's models and its seed, and compare.

    Raises:
        NotFound: there is no such page, or a model it was made with is gone.
    """
    with open_log(home, settings) as (log, registry, _clock), world_of(home, settings) as world:
        record = log.page(page_id)
        if record is None:
            raise NotFound("no page has this id", field="page", value=page_id, hint="GET /v1/feed gives ids of pages.")
        state = State(registry, text=text_named(world, record.versions.get("text", "")))
        read_into(state, log, until=record.position)
        clock = SetClock(record.time_ms)
        engine = Engine(log, world, state, bare_models(state, world, record.time_ms), clock, settings)
        wanted = {kind: version for kind, version in record.versions.items() if kind in TRAINED}
        engine.models = load_models(engine, wanted)
        again = remake(record, engine)
    differences = same_page(record, again)
    sentence = " ".join(differences) if differences else f"The same {len(again.places)} places with the same values."
    return {
        "equal": not differences,
        "differences": differences,
        "record": record,
        "again": again,
        "sentence": sentence,
    }
