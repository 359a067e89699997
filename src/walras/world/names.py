"""Handles, e-mail addresses and telephone numbers: how they are written, so that one of them is one text."""

import re
import unicodedata

from walras.base.errors import Invalid

HANDLE_CHARS_MIN, HANDLE_CHARS_MAX = 3, 30
NAME_CHARS_MAX = 50
BIO_CHARS_MAX = 300
# Letters that look alike would let one person pass for another, so handles are plain; names are free.
_HANDLE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.]{1,28})[A-Za-z0-9_]")
# Not a proof that somebody reads it: the code that is sent there is.
_EMAIL = re.compile(
    r"[^\s@<>()\[\],;:\"\\]{1,64}@(?=.{4,190}$)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
# Words that a person could take for the platform itself, or that are addresses of it.
_KEPT = """
about account admin administrator api app assistant console creator everyone feed friends guest help home inbox live
mall make me media messages mine moderator nobody official operator outbox platform reviewer root search security
settings shop signin signup static support system teen topics videos walras you
"""
RESERVED = frozenset(_KEPT.split())


def usable_handle(handle: str) -> str:
    """A handle as it may be kept.

    Raises:
        Invalid: it is too short or long, has other signs, or stands for the platform.
    """
    hint = f"Use {HANDLE_CHARS_MIN} to {HANDLE_CHARS_MAX} of a-z, 0-9, _ and . in the middle."
    given = handle.strip().removeprefix("@")
    if not _HANDLE.fullmatch(given) or ".." in given:
        raise Invalid("cannot be a handle", field="handle", value=handle, hint=hint)
    if given.lower() in RESERVED:
        raise Invalid("is kept for the platform", field="handle", value=handle, hint="Choose another.")
    return given


def handle_key(handle: str) -> str:
    """What is unique of a handle: `Ann` and `ann` are one."""
    return handle.strip().removeprefix("@").lower()


def usable_name(name: str) -> str:
    """A name for people: any script, one line, composed, nothing invisible.

    Raises:
        Invalid: it is empty or too long.
    """
    given = one_line(name)
    if not given or len(given) > NAME_CHARS_MAX:
        raise Invalid(f"must have 1 to {NAME_CHARS_MAX} characters", field="name", value=name)
    return given


def usable_bio(bio: str) -> str:
    """A few sentences about oneself.

    Raises:
        Invalid: it is too long.
    """
    lines = [one_line(line) for line in bio.splitlines()]
    given = "\n".join(lines).strip()
    if len(given) > BIO_CHARS_MAX:
        raise Invalid(f"must have at most {BIO_CHARS_MAX} characters", field="bio", value=len(given))
    return given


def usable_email(email: str) -> str:
    """An e-mail address in small letters.

    Raises:
        Invalid: it does not look like one.
    """
    given = unicodedata.normalize("NFC", email.strip()).lower()
    if len(given) > 254 or not _EMAIL.fullmatch(given):
        raise Invalid("is no e-mail address", field="email", value=email, hint="Write it as name@example.org.")
    return given


def usable_phone(phone: str) -> str:
    """A telephone number as + and digits.

    Raises:
        Invalid: it is none, or lacks the country's code.
    """
    given = re.sub(r"[\s().-]", "", phone)
    given = "+" + given[2:] if given.startswith("00") else given
    if not _PHONE.fullmatch(given):
        hint = "Write it with the country's code, as +86 138 0000 0000."
        raise Invalid("is no telephone number", field="phone", value=phone, hint=hint)
    return given


def one_line(text: str) -> str:
    """A text without line ends, control signs and signs that turn the direction of what follows."""
    return " ".join(_UNSEEN.sub(" ", unicodedata.normalize("NFC", text)).split())
