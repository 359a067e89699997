"""The app's routes of the video line, as JSON for its own screens.

Gives what a screen shows and takes what a person does that is no event, from the line's parts.
It never decides who sees what, and writes nothing itself.
"""

from walras.lines.video.doors.routes import routes_of
from walras.lines.video.doors.watching import brings

__all__ = ["brings", "routes_of"]
