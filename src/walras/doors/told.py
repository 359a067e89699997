"""What a route says of itself; the words are the kit's, since lines have routes too."""

from walras.web.told import Asked, Told, count_asked, cursor_asked, told, told_by

__all__ = ["Asked", "Told", "count_asked", "cursor_asked", "told", "told_by"]
