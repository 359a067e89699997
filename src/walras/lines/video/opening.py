"""Opens the video line in a house."""

from walras.lines import House, Opened


def open_video(house: House) -> Opened:
    """The line's routes and ticks."""
    return Opened()
