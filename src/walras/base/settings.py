"""Settings: one typed place, each with a sentence, a default and limits.

They come from `walras.toml` in the home folder, then from the environment (`WALRAS_PORT=9000`), the later winning.
An unknown name is refused with the nearest known one.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from walras.base.errors import Invalid, nearest

PREFIX = "WALRAS_"
FILE_NAME = "walras.toml"
# Read by the Makefile or the benchmarks, not by the program.
_NOT_OURS = frozenset({"home", "index_url", "data", "test_database_url"})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting. Names in the environment are these in capitals, behind WALRAS_."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    workers: Annotated[int, Meta(ge=1, le=64, description="Serving processes; each holds the online state.")] = 1
    database_url: Annotated[
        str, Meta(description="Where tables live: empty for SQLite in the home folder, or a postgresql+psycopg:// URL.")
    ] = ""
    seed: Annotated[int, Meta(ge=0, description="Root seed of every random stream.")] = 20231
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least weight of a log line that is printed.")
    ] = "info"
    log_json: Annotated[bool, Meta(description="Print log lines as JSON.")] = False
    open_access: Annotated[
        bool, Meta(description="Let requests from this machine read pages of the web kit without a key.")
    ] = True
    sample: Annotated[bool, Meta(description="Load the embedded sample where the log is empty.")] = True
    train: Annotated[bool, Meta(description="Train in the background when enough has been seen.")] = True
    train_after_events: Annotated[
        int, Meta(ge=1, description="New events after which a training is started again.")
    ] = 50_000
    train_budget_s: Annotated[int, Meta(ge=5, le=86_400, description="Seconds the sequence model may train.")] = 240
    train_threads: Annotated[int, Meta(ge=1, le=256, description="Threads of a training.")] = 1
    text_teacher: Annotated[
        str, Meta(description="Who teaches the text model English beside behaviour: minilm (its extra), or off.")
    ] = "off"
    requests_per_s: Annotated[
        float, Meta(gt=0, description="Requests a second for a key that states no other limit.")
    ] = 5_000.0
    disk_free_mb_min: Annotated[int, Meta(ge=0, description="Free disk below which events are refused.")] = 200
    compact_after_days: Annotated[int, Meta(ge=1, description="Days after which the log's hot part is compacted.")] = 1
    studio_jobs: Annotated[
        int, Meta(ge=1, le=64, description="Videos that are made at once, each with an ffmpeg of its own.")
    ] = 1
    understand_reading: Annotated[
        str, Meta(description="Who reads text on a video's pictures: embedded (RapidOCR), or off.")
    ] = "embedded"
    understand_hearing: Annotated[
        str,
        Meta(
            description="Who hears speech: embedded (PocketSphinx, English), off, or a URL of /v1/audio/transcriptions."
        ),
    ] = "embedded"
    understand_hearing_model: Annotated[str, Meta(description="Model that the URL for speech is asked for.")] = (
        "whisper-1"
    )
    understand_hearing_key: Annotated[str, Meta(description="Key for the URL for speech; empty: none.")] = ""
    understand_language: Annotated[
        str, Meta(description="Who says which language a text is in: embedded (Lingua), or off.")
    ] = "embedded"
    understand_safety: Annotated[
        str,
        Meta(
            description="Who says what a person should look at first: embedded (share of skin colours), off, or "
            "nudenet (to be installed by hand; AGPL 3)."
        ),
    ] = "embedded"
    understand_looks: Annotated[
        str, Meta(description="Who makes vectors of pictures: embedded (colours and edges), or off.")
    ] = "embedded"
    promised_exposures: Annotated[
        int, Meta(ge=1, le=10_000, description="Exposures promised to every new video within 48 hours.")
    ] = 300
    promised_price_most_yuan: Annotated[
        float,
        Meta(ge=0.0001, le=10, description="Highest price of a promised exposure, in yuan; prices move below it."),
    ] = 0.05
    mail_url: Annotated[
        str,
        Meta(description="Mail server, as smtp://user:password@host:587?from=a@example.org; empty: letters stay here."),
    ] = ""
    sandbox_clock: Annotated[
        str,
        Meta(
            description="For simulations only: a file of eight bytes that holds the platform's present instant "
            "(milliseconds UTC, little-endian); empty: the machine's clock."
        ),
    ] = ""
    time_zone: Annotated[str, Meta(description="IANA zone in which days are shown; instants are always UTC.")] = "UTC"
    books_zone: Annotated[str, Meta(description="IANA zone in which days, months and quarters of the books begin.")] = (
        "Asia/Shanghai"
    )
    watch_kbit_s: Annotated[float, Meta(ge=0, description="Kilobits that a second of watching uses.")] = 900.0
    bandwidth_yuan_gb: Annotated[float, Meta(ge=0, description="What a gigabyte of bandwidth costs, in yuan.")] = 0.1
    servers_yuan_1000_pages: Annotated[
        float, Meta(ge=0, description="What the servers of a thousand pages cost, in yuan.")
    ] = 0.02


def home_folder() -> Path:
    """Where everything lies: WALRAS_HOME, or `.walras` in the current folder."""
    return Path(os.environ.get(PREFIX + "HOME") or ".walras").expanduser().resolve()


def load(home: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a home folder and of the environment.

    Raises:
        Invalid: an unknown name, or a value out of its limits; with the name and the fix.
    """
    found = _from_file(home / FILE_NAME)
    found.update(_from_environment(os.environ if environ is None else environ))
    for name in found:
        if name not in Settings.__struct_fields__:
            raise Invalid(
                "is no setting", field=name, value=found[name], hint=nearest(name, Settings.__struct_fields__)
            )
    try:
        return msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`")
        raise Invalid(message, field=name, value=found.get(name), hint=_meaning(name)) from error


def describe() -> list[tuple[str, str, object]]:
    """Name, meaning and default of every setting, for the docs and `walras doctor`."""
    return [(f.name, _meaning(f.name), f.default) for f in msgspec.structs.fields(Settings)]


def _meaning(name: str) -> str:
    for f in msgspec.structs.fields(Settings):
        if f.name == name:
            metas = [m for m in getattr(f.type, "__metadata__", ()) if isinstance(m, Meta)]
            return next((m.description for m in metas if m.description), "")
    return ""


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot be read as TOML: {error}", field=str(path.name), hint="Mend the line named.") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    ours = {k[len(PREFIX) :].lower(): v for k, v in environ.items() if k.startswith(PREFIX)}
    return {name: value for name, value in ours.items() if name not in _NOT_OURS}
