"""What content says: uploads, transcoding, understanding, embeddings.

Gives media that a browser can play, and what is known of it, from files that people bring.
It knows no trade: who may see a video, and whether it is published, is the line's affair.
"""

from walras.studio.studio import Studio, open_studio

__all__ = ["Studio", "open_studio"]
