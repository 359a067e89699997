"""What accounts read and give."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Short = Annotated[str, Meta(max_length=300)]
Secret = Annotated[str, Meta(max_length=256)]
Digits = Annotated[str, Meta(max_length=16)]
Purpose = Literal["signup", "recovery", "deletion"]


class SignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants an account."""

    name: Short
    handle: Short
    password: Secret
    birth_year: Annotated[int, Meta(ge=1900, le=2100)]
    email: Short = ""
    phone: Short = ""


class Confirm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that was sent."""

    code: Digits


class AskCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a code is wanted; for what is clear from the browser where it is not said."""

    email: Short = ""
    phone: Short = ""
    purpose: Purpose | None = None


class SignInBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """E-mail, telephone or handle, and the password."""

    login: Short
    password: Secret


class Recover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that was sent, and a new password where one is wanted."""

    code: Digits
    password: Secret = ""


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The present password and the next one."""

    old: Secret
    new: Secret


class NewContact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another e-mail or telephone, and the password."""

    password: Secret
    email: Short = ""
    phone: Short = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What others see; what is left out stays."""

    name: Short | msgspec.UnsetType = msgspec.UNSET
    handle: Short | msgspec.UnsetType = msgspec.UNSET
    bio: Annotated[str, Meta(max_length=1_000)] | msgspec.UnsetType = msgspec.UNSET
    avatar: Short | msgspec.UnsetType = msgspec.UNSET


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password, or a code of the purpose `deletion`."""

    password: Secret = ""
    code: Digits = ""


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the browser's person is."""

    person: str
    signed_in: bool
    handle: str
    name: str
    avatar: str
    bio: str
    roles: tuple[str, ...]
    teen: bool
    teen_seconds_left: float | None  # None outside teen mode
    language: str
    theme: str
    reduced_data: bool
    unread: int
    leaves_ms: int  # when the account is forgotten; 0: it stays
    lines: dict[str, bool]
