"""What content says: uploads, transcoding, understanding.

Gives media that a browser can play, and what is known of it, from files that people bring.
It knows no trade and serves no address: who may see a video, and whether it is published, is the line's affair.
"""

from walras.studio.asset import Asset, AssetId, Duplicate, Fault, Making, Measures, Understood
from walras.studio.faults import CAUSES, Cause, Unmakeable
from walras.studio.media import MediaFile, OutOfRange, find_file, part_of
from walras.studio.running import dying_with_parent
from walras.studio.studio import MEDIA_FOLDER, Studio, open_studio
from walras.studio.uploads import WrongOffset

__all__ = [
    "CAUSES",
    "MEDIA_FOLDER",
    "Asset",
    "AssetId",
    "Cause",
    "Duplicate",
    "Fault",
    "Making",
    "Measures",
    "MediaFile",
    "OutOfRange",
    "Studio",
    "Understood",
    "Unmakeable",
    "WrongOffset",
    "dying_with_parent",
    "find_file",
    "open_studio",
    "part_of",
]
