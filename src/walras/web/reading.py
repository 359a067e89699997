"""Reads what a request brings: its body, its query, the ids in its path. What is wrong is named by its field."""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from walras.base.errors import Invalid, WalrasError, nearest
from walras.base.ids import id_fault
from walras.web.problems import Malformed, WrongMedia

T = TypeVar("T")
JSON_TYPES = ("application/json",)
# Query parameters of one request; no route has nearly as many.
_PARAMETERS_MAX = 50


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """A body as the decoder's type.

    Raises:
        Malformed: it is no JSON in UTF-8.
        Invalid: it is JSON of another shape, with the path of the first wrong field.
    """
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error, body) from None


def decode_error(error: Exception, body: bytes) -> WalrasError:
    """What an error of decoding means to the sender."""
    if isinstance(error, msgspec.ValidationError):
        message, _, path = str(error).partition(" - at `$")
        return Invalid(_small(message), field=path.rstrip("`").lstrip("."), hint="See /docs for the shape of the body.")
    if isinstance(error, RecursionError):
        return Malformed("the JSON is nested too deeply", hint="Nothing here is nested more than a few levels.")
    if isinstance(error, UnicodeDecodeError):
        return Malformed("the body is not UTF-8", value=body[error.start : error.start + 8], hint="Encode it as UTF-8.")
    if not body.strip():
        return Malformed("the body is empty", hint="Send a JSON body with Content-Type: application/json.")
    field = not_finite_at(body)
    if field is not None:
        return Invalid("is not a finite number", field=field, hint="JSON has no NaN or Infinity; leave the field out.")
    return Malformed(_small(str(error)), hint="Send one JSON value in UTF-8.")


def not_finite_at(body: bytes) -> str | None:
    """The path of the first NaN or Infinity in a body that is JSON but for those; None where there is none."""
    try:
        return _not_finite(json.loads(body), "")
    except (ValueError, RecursionError):
        return None


def media_type(headers: Mapping[str, str], taken: Collection[str] = JSON_TYPES) -> str:
    """The body's content type, without parameters; the first one taken where none is said.

    Raises:
        WrongMedia: it is not one of `taken`.
        Malformed: it claims an encoding other than UTF-8.
    """
    said, _, parameters = headers.get("content-type", "").partition(";")
    kind = said.strip().lower() or next(iter(taken))
    if kind not in taken:
        raise WrongMedia("is not taken here", field="Content-Type", value=kind, hint=f"Taken: {', '.join(taken)}.")
    charset = parameters.lower().replace('"', "").partition("charset=")[2].split(";")[0].strip()
    if charset and charset.replace("-", "") not in ("utf8", "usascii"):
        raise Malformed("must be UTF-8", field="Content-Type", value=charset, hint="Encode the body as UTF-8.")
    return kind


def path_id(parameters: Mapping[str, Any], name: str) -> str:
    """An id from the path, where it stands percent-encoded.

    Raises:
        Invalid: it is not UTF-8, or cannot be an id.
    """
    raw = str(parameters[name])
    try:
        found = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("is not UTF-8", field=name, value=raw, hint="Percent-encode the UTF-8 bytes.") from None
    return usable_id(found, name)


def usable_id(value: str, field: str) -> str:
    """The same id.

    Raises:
        Invalid: it is empty, too long, or has a control character.
    """
    fault = id_fault(value)
    if fault is not None:
        raise Invalid(fault, field=field, value=value)
    return value


class Query:
    """The query of a request. Each name may come once, save those of lists, and a name nobody knows is refused."""

    def __init__(
        self, query_string: bytes, known: Collection[str], *, many: Collection[str] = (), strict: bool = True
    ) -> None:
        """Read it.

        Args:
            query_string: as it came.
            known: names this route takes once.
            many: names it takes any number of times.
            strict: whether an unknown name is an error, or passed over.

        Raises:
            Invalid: a name comes twice, or is not known.
        """
        self._found: dict[str, str] = {}
        self._many: dict[str, list[str]] = {name: [] for name in many}
        for name, value in _pairs(query_string):
            if name in self._many:
                self._many[name].append(value)
                continue
            if name not in known:
                if strict:
                    raise Invalid("is no parameter of this route", field=name, value=value, hint=nearest(name, known))
                continue
            if name in self._found:
                raise Invalid("is given twice", field=name, value=value, hint="Give it once.")
            self._found[name] = value

    def text(self, name: str, default: str = "") -> str:
        """A parameter as it came."""
        return self._found.get(name, default)

    def all(self, name: str) -> list[str]:
        """Every value of a name that may come many times, empty ones left out."""
        return [value for value in self._many[name] if value]

    def number(self, name: str, default: int, *, least: int = 1, most: int) -> int:
        """A parameter as a whole number.

        Raises:
            Invalid: it is none, or out of its bounds.
        """
        text = self._found.get(name)
        if text is None:
            return default
        plain = text[1:] if text[:1] == "-" else text
        if not (plain.isascii() and plain.isdigit() and len(plain) < 16):
            raise Invalid("is no whole number", field=name, value=text)
        if not least <= int(text) <= most:
            raise Invalid(f"must lie between {least} and {most}", field=name, value=text)
        return int(text)

    def flag(self, name: str) -> bool:
        """A parameter that is either `true` or `false`.

        Raises:
            Invalid: it is neither.
        """
        text = self._found.get(name, "false")
        if text not in ("true", "false"):
            raise Invalid("must be true or false", field=name, value=text)
        return text == "true"


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        text = query_string.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS_MAX)
    except UnicodeDecodeError:
        raise Invalid("is not UTF-8", field="query", hint="Percent-encode the UTF-8 bytes.") from None
    except ValueError:
        raise Invalid(f"has more than {_PARAMETERS_MAX} parameters", field="query") from None


def _small(message: str) -> str:
    return message[:1].lower() + message[1:] if message[:4] != "JSON" else message


def _not_finite(value: object, path: str) -> str | None:
    if isinstance(value, float):
        return path or "body" if not math.isfinite(value) else None
    members: list[tuple[str, object]] = []
    if isinstance(value, dict):
        members = [(f"{path}.{name}" if path else str(name), member) for name, member in value.items()]
    elif isinstance(value, list):
        members = [(f"{path}[{index}]", member) for index, member in enumerate(value)]
    return next((found for name, member in members if (found := _not_finite(member, name)) is not None), None)
