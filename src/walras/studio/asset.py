"""What the studio gives: an asset, its state, the fault that stopped it, and what is known of its content."""

from typing import Annotated, Literal, NewType

import msgspec
from msgspec import Meta

from walras.base.ids import PersonId

AssetId = NewType("AssetId", str)
AssetState = Literal["uploading", "queued", "making", "ready", "failed"]
Share = Annotated[float, Meta(ge=0, le=1)]


class Making(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What shall be made of an upload. The default is all of it, with a cover from its first tenth."""

    start_s: Annotated[float, Meta(ge=0)] = 0.0
    end_s: Annotated[float, Meta(ge=0)] = 0.0  # 0: to the end
    cover_s: float = -1.0  # seconds of the cut; negative: chosen
    music: str = ""  # id of an asset with sound; empty: none
    music_volume: Share = 0.3
    own_volume: Share = 1.0


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why there is no media. `text` and `fix` are keys of texts in the catalogue."""

    code: str
    text: str  # `fault.<code>`
    fix: str  # `fault.<code>.fix`
    detail: str = ""  # in English, for the log and the look-up
    ours: bool = False  # whether trying again can help


class Measures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Measured quality. Shares are of the duration."""

    sharpness: float = 0.0  # 0 blurred … 1 crisp; mean edge strength
    loudness_lufs: float = -70.0  # integrated, EBU R128
    black_share: float = 0.0
    frozen_share: float = 0.0
    silent_share: float = 0.0
    shots: int = 1
    cuts_s: tuple[float, ...] = ()
    aspect: float = 0.0  # width / height
    frames_per_s: float = 0.0


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier asset that shows the same."""

    asset: AssetId
    share: Share  # of this one's key frames that are found in it
    distance: float  # mean bits of 64 by which those differ


class Understood(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of the content; a part that could not be made is empty and stands in `missing` with the reason."""

    screen_text: str = ""
    speech: str = ""
    language: str = ""  # ISO 639-1; empty: not said
    measures: Measures = Measures()
    safety: dict[str, float] = {}  # class → highest score of any key frame
    duplicates: tuple[Duplicate, ...] = ()
    looks: tuple[float, ...] = ()  # picture embedding, L2 norm 1
    missing: dict[str, str] = {}  # part → why it is not there

    def text(self) -> str:
        """All that is said or shown in it, for search and ranking."""
        return "\n".join(part for part in (self.screen_text, self.speech) if part)


class Asset(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something somebody brought, and what was made of it. Addresses are paths below this server's root."""

    id: AssetId
    owner: PersonId
    name: str = ""  # as the sender called the file; shown to the maker only
    state: AssetState = "uploading"
    progress: float = 0.0  # 0 … 1 of the present state
    playable: bool = False  # true as soon as one height can be played, which is before `ready`
    fault: Fault | None = None
    created_ms: int = 0
    bytes: int = 0
    received: int = 0
    making: Making = Making()
    version: int = 1  # of the making; each order makes a new one
    width: int = 0
    height: int = 0
    duration_s: float = 0.0
    hls: str = ""
    mp4: str = ""
    poster: str = ""
    preview: str = ""
    sprite: str = ""
    captions: str = ""
    understood: Understood | None = None
    models: dict[str, str] = {}  # part → name and version of the model that said it
    turn: int = 0  # number of its newest change; the cursor of `changed`
