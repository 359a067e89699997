"""What lines add to accounts: what waits to be read, and what they keep of a person."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from walras.doors.asking import Ask


class LineOfAccounts(Protocol):
    """What an opened line says for accounts."""

    @property
    def unread(self) -> Callable[[str], int] | None:
        """Of a person: how much waits to be read."""
        ...

    @property
    def export(self) -> Callable[[str], dict[str, Any]] | None:
        """Of a person: everything the line keeps of her."""
        ...


def lines_of(request: Ask) -> Mapping[str, LineOfAccounts]:
    """The opened lines of this request's application, by name."""
    found: Mapping[str, LineOfAccounts] = request.app.state.get("account_lines", {})
    return found
