"""Names of things. Ids are strings chosen by the caller, except those the platform makes here."""

import hashlib
import os
import re
from typing import NewType

from walras.base.limits import ID_CHARS_MAX

EventId = NewType("EventId", str)
NO_EVENT = EventId("")
PersonId = NewType("PersonId", str)
ItemId = NewType("ItemId", str)
OwnerId = NewType("OwnerId", str)
PageId = NewType("PageId", str)
ModelVersion = NewType("ModelVersion", str)

# Control characters would break log lines and exports; everything else (Chinese, emoji, slashes) is somebody's id.
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def new_id(prefix: str, now_ms: int) -> str:
    """Make an id that sorts by time: prefix, 11 hex digits of milliseconds, 16 random hex digits."""
    return f"{prefix}{now_ms:011x}{os.urandom(8).hex()}"


def content_id(*parts: object) -> str:
    """The id of an event whose sender gave none: the same content always has the same id."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def id_fault(value: str) -> str | None:
    """Say what is wrong with an id, or None where it can be used."""
    if not value:
        return "is empty"
    if len(value) > ID_CHARS_MAX:
        return f"has {len(value)} characters, at most {ID_CHARS_MAX} are taken"
    if _UNUSABLE.search(value):
        return "has a control character or half a surrogate pair"
    return None
