"""GET and PATCH /app/settings: everything somebody has settled; what a patch leaves out stays."""

import asyncio
from typing import Any

import msgspec
from litestar import get, patch

from walras.base.errors import Invalid, nearest
from walras.base.limits import NAMES_MAX
from walras.doors.accounts.browser import note, world_of
from walras.doors.accounts.known import known_person, put_known
from walras.doors.accounts.teen import checked_teen, shown_teen
from walras.doors.asking import Answer, Ask, answer, body_of, engine_of
from walras.web import usable_id, visit_of, visitor_of
from walras.web.people import brought_by
from walras.web.teens import zone_of
from walras.web.told import told
from walras.world import Account, AccountSettings

_YEAR_S = 365 * 86_400
_patch = msgspec.json.Decoder(dict[str, Any])
# Not in the table of accounts but in the log, since what is shown follows from it.
_OF_THE_LOG = "blocked_topics"
_GROUPS = ("privacy", "notifications")


@get(
    "/app/settings",
    opt=told(summary="My settings.", tag="accounts", scope=None, who="account", gives=dict[str, Any]),
    include_in_schema=False,
)
async def read_settings(request: Ask) -> Answer:
    """Every setting, and what of it is locked."""
    account = await asyncio.to_thread(world_of(request).accounts.get, visitor_of(request).person)
    return await _shown(request, account)


@patch(
    "/app/settings",
    opt=told(
        summary="Change settings.",
        tag="accounts",
        scope=None,
        who="account",
        reads=dict[str, Any],
        gives=dict[str, Any],
    ),
    include_in_schema=False,
)
async def change_settings(request: Ask) -> Answer:
    """What is left out stays. Loosening teen mode needs the parent's PIN."""
    said = await body_of(request, _patch)
    topics = _topics(said.pop(_OF_THE_LOG, None))
    account = await asyncio.to_thread(_changed, request, said)
    await put_known(engine_of(request), account, **({} if topics is None else {_OF_THE_LOG: topics}))
    _remember(request, account.settings, said)
    return await _shown(request, account)


async def _shown(request: Ask, account: Account) -> Answer:
    person = await asyncio.to_thread(known_person, engine_of(request), account.person)
    settled = msgspec.to_builtins(account.settings)
    shown = {
        **settled,
        "teen": shown_teen(request, account),
        _OF_THE_LOG: person.blocked_topics,
        "profile": {"name": account.name, "handle": account.handle, "bio": account.bio, "avatar": account.avatar},
        "email": account.email,
        "phone": account.phone,
        "birth_year": account.birth_year,
        "leaves_ms": account.leaves_ms,
    }
    made = answer(shown)
    made.headers["cache-control"] = "no-store"
    return made


def _changed(request: Ask, said: dict[str, Any]) -> Account:
    world = world_of(request)
    before = world.accounts.get(visitor_of(request).person)
    merged = merged_settings(before.settings, {name: value for name, value in said.items() if name != "teen"})
    if "teen" in said:
        merged = msgspec.structs.replace(merged, teen=checked_teen(request, before, said["teen"]))
    if merged == before.settings:
        return before
    after = world.accounts.settle(before.person, merged)
    note(request, after.person, "account.settings", after=", ".join(sorted(said)))
    return after


def merged_settings(present: AccountSettings, said: dict[str, Any]) -> AccountSettings:
    """Settings with what a patch says, checked.

    Raises:
        Invalid: an unknown name, or a value that cannot be; with its path.
    """
    whole: dict[str, Any] = msgspec.to_builtins(present)
    for name, value in said.items():
        _known(name, AccountSettings.__struct_fields__, name)
        whole[name] = _group(name, whole[name], value) if name in _GROUPS else value
    try:
        merged = msgspec.convert(whole, AccountSettings)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise Invalid(message[:1].lower() + message[1:], field=path.rstrip("`").lstrip(".")) from error
    if merged.time_zone and zone_of(merged.time_zone).key != merged.time_zone:
        raise Invalid("is no time zone", field="time_zone", value=merged.time_zone, hint="Write it as Asia/Shanghai.")
    return merged


def _group(name: str, present: dict[str, Any], value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("must be an object", field=name, value=value)
    for field in value:
        _known(str(field), present, f"{name}.{field}")
    return {**present, **value}


def _known(name: str, names: Any, path: str) -> None:
    if name not in names:
        raise Invalid("is no setting", field=path, hint=nearest(name, names))


def _topics(said: Any) -> tuple[str, ...] | None:
    if said is None:
        return None
    if not isinstance(said, list) or len(said) > NAMES_MAX or not all(isinstance(topic, str) for topic in said):
        raise Invalid(f"must be at most {NAMES_MAX} topics", field=_OF_THE_LOG)
    return tuple(dict.fromkeys(usable_id(topic, f"{_OF_THE_LOG}[{n}]") for n, topic in enumerate(said)))


def _remember(request: Ask, settled: AccountSettings, said: dict[str, Any]) -> None:
    """Let the browser's own cookies follow, so that the next page comes in this language and theme at once."""
    for name, cookie in (("language", "walras_language"), ("theme", "walras_theme")):
        if name in said:
            value = getattr(settled, name)
            kept_s = _YEAR_S if value else 0
            secure = "; Secure" if brought_by(request.scope).secure else ""
            line = f"{cookie}={value}; Path=/; Max-Age={kept_s}; SameSite=Strict{secure}"
            visit_of(request.scope).headers.append((b"set-cookie", line.encode()))
