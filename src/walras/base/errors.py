"""The tree of errors.

    WalrasError
    ├── Refused        the caller can mend it
    │   ├── Invalid        a value is wrong                                400
    │   ├── Unauthorised   no key, or an unknown one                       401
    │   ├── Forbidden      the key may not do this                         403
    │   ├── NotFound       nothing has this name                           404
    │   ├── Gone           it was here and is no more                      410
    │   ├── Conflict       it stands against what is already there         409
    │   └── TooMuch        larger or more often than is taken              413 or 429
    └── Unable         we must mend it
        ├── Unavailable    something we need does not answer; try again    503
        ├── Corrupt        what was read is not what was written           503
        └── Exhausted      disk, memory or a queue is full                 503

An error carries data, not only words: a stable `code`, the `field` (a path), the `value` found (shortened) and a
`hint` that says what to do. Doors make problem details of it; the log and the command line print the same.
"""

import difflib
from collections.abc import Iterable
from typing import ClassVar

from walras.base.limits import SHOWN_CHARS_MAX


def shown(value: object) -> str:
    """Shorten a value so that it can stand in a message."""
    text = repr(value) if not isinstance(value, str) else value
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint with the known word most like `word`, or the list where it is short."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    listed = ", ".join(choices[:20])
    return f"Known: {listed}." if choices else ""


class WalrasError(Exception):
    """Any error this program raises on purpose."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, field: str = "", value: object = None, hint: str = "") -> None:
        """Say what was wrong.

        Args:
            message: what was wrong, as a sentence.
            field: path of the field, such as `events[3].value`.
            value: what was found there.
            hint: what to do about it.
        """
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = None if value is None else shown(value)
        self.hint = hint

    def __str__(self) -> str:
        """One line for people: field, message, value, hint."""
        head = f"{self.field}: {self.message}" if self.field else self.message
        found = f" Found: {self.value}." if self.value is not None else ""
        return f"{head}{found} {self.hint}".rstrip()


class Refused(WalrasError):
    """The caller can mend it."""

    code = "refused"
    status = 400


class Invalid(Refused):
    """A value is wrong: it names the field, the value and the fix."""

    code = "invalid"
    status = 400


class Unauthorised(Refused):
    """No API key was given, or nobody knows it."""

    code = "unauthorised"
    status = 401


class Forbidden(Refused):
    """The key is known and may not do this."""

    code = "forbidden"
    status = 403


class NotFound(Refused):
    """Nothing has this name."""

    code = "not-found"
    status = 404


class Gone(Refused):
    """It was here and is no more."""

    code = "gone"
    status = 410


class Conflict(Refused):
    """It stands against what is already there."""

    code = "conflict"
    status = 409


class TooMuch(Refused):
    """Larger than is taken."""

    code = "too-much"
    status = 413


class TooOften(Refused):
    """More often than this key may ask."""

    code = "too-often"
    status = 429


class Unable(WalrasError):
    """We must mend it; asking again later is safe."""

    code = "unable"
    status = 503


class Unavailable(Unable):
    """Something we need does not answer."""

    code = "unavailable"


class Corrupt(Unable):
    """What was read is not what was written."""

    code = "corrupt"


class Exhausted(Unable):
    """Disk, memory or a queue is full."""

    code = "exhausted"
