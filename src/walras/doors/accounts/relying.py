"""Who this server is to a passkey: its name and its origin, as the browser sees them."""

from ipaddress import ip_address
from typing import NamedTuple

from walras.base.errors import Conflict
from walras.doors.asking import Ask


class Relying(NamedTuple):
    """A relying party in the words of the standard."""

    id: str  # the host's name
    origin: str


def relying_of(request: Ask) -> Relying:
    """This server, as the request names it.

    Raises:
        Conflict: by a number, for which no browser makes a passkey.
    """
    host = request.headers.get("host", "")
    name, colon, port = host.rpartition(":")
    name = name if colon and port.isdigit() else host
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return Relying(name.lower(), f"{request.scope['scheme']}://{host}")
    hint = f"Open it as http://localhost:{port} on this machine, or under the server's name."
    raise Conflict("a passkey needs the server's name, not a number", field="host", value=host, hint=hint)
