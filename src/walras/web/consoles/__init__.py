"""What every console is made of: the frame around its screens, their words and figures, its routes and deeds.

It gives HTML from a console's own templates, for whoever the guard has let in, with problems as screens too.
It knows no console by name, holds nothing, and writes only what a deed is recorded with.
"""

from walras.web.consoles.asking import Ask, deed, form_of, note, screen, table
from walras.web.consoles.frame import Console, Desk
from walras.web.consoles.saying import Saying

__all__ = ["Ask", "Console", "Desk", "Saying", "deed", "form_of", "note", "screen", "table"]
