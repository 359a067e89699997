"""What every console is made of: the frame around its screens, their words and figures, its routes and deeds.

It gives HTML from a console's own templates, for whoever the guard has let in, with problems as screens too.
It knows no console by name, holds nothing, and writes only what a deed is recorded with.
"""

from walras.web.consoles.asking import Ask, deed, form_of, note, screen, table
from walras.web.consoles.frame import Console, Desk, Known, known_to, visitor_here
from walras.web.consoles.saying import Saying

__all__ = [
    "Ask",
    "Console",
    "Desk",
    "Known",
    "Saying",
    "deed",
    "form_of",
    "known_to",
    "note",
    "screen",
    "table",
    "visitor_here",
]
