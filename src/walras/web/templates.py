"""Templates of the screens: Jinja, escaping everything, refusing unknown names."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from walras.web.statics import Statics


def templates_in(*folders: Path, statics: Statics) -> Environment:
    """An environment over these folders, with `static('file.css')` giving a file's address by its content.

    Args:
        folders: searched in order.
        statics: the files that templates name.
    """
    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = statics.address
    return environment
