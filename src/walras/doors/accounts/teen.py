"""Teen mode's settings: tightening is free, loosening needs the parent's PIN; someone under age cannot end it."""

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from walras.base.clock import HOUR_MS
from walras.base.errors import Forbidden, Invalid
from walras.doors.accounts.browser import note, world_of
from walras.doors.accounts.known import age_of
from walras.doors.asking import Ask, engine_of
from walras.web.teens import TeenLimits
from walras.world import Account, Teen
from walras.world.account_settings import GROWN_UP_AGE
from walras.world.passwords import hashed, matches

PIN_TRIES = 10
T = TypeVar("T")


class TeenPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes; `pin` opens the lock, `new_pin` sets it."""

    on: bool | UnsetType = UNSET
    minutes_per_day: int | UnsetType = UNSET
    quiet_from: str | UnsetType = UNSET
    quiet_to: str | UnsetType = UNSET
    pin: str = ""
    new_pin: str = ""


class WrongPin(Forbidden):
    """The parent's PIN is needed, and this is not it."""

    code = "wrong-pin"


def shown_teen(request: Ask, account: Account) -> dict[str, Any]:
    """Teen mode as its owner sees it."""
    teen = account.settings.teen
    limits: TeenLimits = request.app.state.teens
    return {
        "on": teen.on,
        "minutes_per_day": teen.minutes_per_day,
        "quiet_from": teen.quiet_from,
        "quiet_to": teen.quiet_to,
        "pin_set": bool(teen.pin_hash),
        "locked_by_age": _under_age(request, account),
        "seconds_left": limits.seconds_left(account) if teen.on else None,
    }


def checked_teen(request: Ask, account: Account, said: Any) -> Teen:
    """Teen mode as a patch wants it.

    Raises:
        Invalid: it has another shape, or a value that cannot be.
        WrongPin: it loosens something and the PIN is missing or wrong.
        Forbidden: someone under age would end it.
    """
    patch, present = _convert(said, TeenPatch), account.settings.teen
    given = {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not UNSET}
    wanted = _convert({**msgspec.to_builtins(present), **{n: v for n, v in given.items() if "pin" not in n}}, Teen)
    if not wanted.on and _under_age(request, account):
        raise Forbidden(f"teen mode ends with {GROWN_UP_AGE}", field="teen.on", hint="The limits can be changed.")
    if _loosens(present, wanted) or (patch.new_pin and present.pin_hash):
        _open(request, account, patch.pin)
    return msgspec.structs.replace(wanted, pin_hash=_new_pin(patch.new_pin)) if patch.new_pin else wanted


def _open(request: Ask, account: Account, pin: str) -> None:
    """Hold a PIN against the parent's.

    Raises:
        WrongPin: it is another, or none was set and someone under age asks.
        TooOften: too many were tried.
    """
    kept = account.settings.teen.pin_hash
    if not kept and not _under_age(request, account):
        return
    world_of(request).tries.count(f"pin:{account.person}", PIN_TRIES, HOUR_MS)
    if not kept or not matches(kept, pin):
        note(request, account.person, "account.wrong_pin")
        hint = "A parent sets a PIN first, in the settings of teen mode." if not kept else "A parent has it."
        raise WrongPin("the parent's PIN is needed", field="teen.pin", hint=hint)


def _loosens(present: Teen, wanted: Teen) -> bool:
    """Whether less is held back than before."""
    if not present.on:
        return False
    quiet = (present.quiet_from, present.quiet_to) != (wanted.quiet_from, wanted.quiet_to)
    return not wanted.on or wanted.minutes_per_day > present.minutes_per_day or quiet


def _under_age(request: Ask, account: Account) -> bool:
    return 0 < age_of(account.birth_year, engine_of(request).clock.now_ms()) < GROWN_UP_AGE


def _new_pin(pin: str) -> str:
    if not (4 <= len(pin) <= 8 and pin.isascii() and pin.isdigit()):
        raise Invalid("must be four to eight digits", field="teen.new_pin")
    return hashed(pin)


def _convert(said: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise Invalid(message[:1].lower() + message[1:], field="teen" + path.rstrip("`")) from error
