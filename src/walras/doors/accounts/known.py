"""What the log knows of somebody with an account: her language, her age, and whom and what she blocks.

The log is the truth of what is shown to her, so every change of these is written there and read back from it.
"""

from datetime import UTC, datetime

import msgspec

from walras.base.ids import PersonId
from walras.doors.asking import change
from walras.doors.engine import ServingEngine
from walras.schema import Person, PersonPut
from walras.world import Account

# Teen mode shows only what is for everybody. An age of 1 says so to the rules of exclusion: 0 would say "not known".
TEEN_AGE = 1


def known_person(engine: ServingEngine, person: str) -> Person:
    """What the log knows of her; nothing but her id where it knows nothing."""
    found = engine.world.people.get_many([person]).get(person)
    return found or Person(id=PersonId(person))


async def put_known(engine: ServingEngine, account: Account, **changes: object) -> Person:
    """Write what changed into the log, and bring it into the tables.

    Args:
        engine: with the log.
        account: as it is now; language and age follow from it.
        changes: further fields of `Person`.
    """
    language = account.settings.language.partition("-")[0]
    said = {"age": shown_age(account, engine.clock.now_ms()), **({"language": language} if language else {}), **changes}
    before = known_person(engine, account.person)
    after = msgspec.structs.replace(before, **said)
    if after != before:
        await change(engine, [PersonPut(after, engine.clock.now_ms())])
    return after


def shown_age(account: Account, now_ms: int) -> int:
    """The age by which items are left out: her years, or in teen mode the least."""
    return TEEN_AGE if account.settings.teen.on else age_of(account.birth_year, now_ms)


def age_of(birth_year: int, now_ms: int) -> int:
    """Years by the year of birth alone; 0 where it is not said."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).year - birth_year if birth_year else 0
