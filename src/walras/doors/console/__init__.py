"""The operator's console: how it goes now, look-up of everything, models, fairness, and who did what.

It gives screens made of the engine's answers, the tables and the log, for operators and for this machine's own browser.
It decides nothing by itself: each deed is asked for by somebody and written into the record of who did what.
"""

from walras.doors.console.desks import DESKS, STATIC_FOLDER, console_routes

__all__ = ["DESKS", "STATIC_FOLDER", "console_routes"]
