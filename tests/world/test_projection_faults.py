"""The projection fails at its 1st, 2nd, … nth statement, and later succeeds: no table ever shows half of a stretch."""

from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from walras.base.errors import Unavailable
from walras.base.ids import ItemId, OwnerId, PersonId
from walras.schema import Batch, Change, EventColumns, Item, ItemGone, ItemPut, Person, PersonGone, PersonPut
from walras.world import World


class Failing:
    """Breaks the nth statement of a writing transaction."""

    def __init__(self, n: int) -> None:
        self.left = n

    def __call__(self, connection: sa.Connection, *rest: object) -> None:
        if connection.get_execution_options().get("walras_writes"):
            self.left -= 1
            if self.left == 0:
                raise OperationalError("a statement", {}, Exception("the cable was pulled"))


def stretch(position: int, *changes: Change) -> Batch:
    none = np.zeros(0, np.int64)
    events = EventColumns(none, none, [], [], [], [], np.zeros(0), [], [], np.zeros(0, np.int32))
    return Batch(position, changes, events, ())


def content(world: World) -> tuple[list[str], list[str], int]:
    items = [value.id for value in world.items.list().values]
    people = [value.id for value in world.people.list().values]
    return items, people, world.owners.count()


def written_position(database_url: str) -> int:
    """What a process that starts now would read."""
    world = World(database_url, models_folder=Path())
    try:
        return world.position
    finally:
        world.close()


def test_a_stretch_is_written_whole_or_not_at_all(database_url: str, tmp_path: Path) -> None:
    world = World(database_url, models_folder=tmp_path)
    world.upgrade()
    world.project(
        stretch(2, ItemPut(Item(id=ItemId("old"), owner=OwnerId("o1")), 1), PersonPut(Person(id=PersonId("leaver")), 2))
    )
    before = content(world)
    next_stretch = stretch(
        6,
        ItemPut(Item(id=ItemId("new"), owner=OwnerId("o2")), 3),
        ItemGone(ItemId("old"), 4),
        PersonPut(Person(id=PersonId("comer")), 5),
        PersonGone(PersonId("leaver"), 6),
    )
    failures = 0
    while True:
        failing = Failing(failures + 1)
        sa.event.listen(world.database.engine, "before_cursor_execute", failing)
        try:
            world.project(next_stretch)
            break
        except Unavailable:
            failures += 1
            world.database._rest_until_s = 0.0
            assert content(world) == before
            assert written_position(database_url) == 2
        finally:
            sa.event.remove(world.database.engine, "before_cursor_execute", failing)
    assert failures >= 6
    assert content(world) == (["new"], ["comer"], 2)
    assert world.position == 6
    world.close()
