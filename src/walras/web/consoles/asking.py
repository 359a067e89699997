"""Routes of a console: screens, deeds that a form asks for, and tables as CSV; each in a thread of its own."""

import asyncio
import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qs, quote

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import TooMuch, Unauthorised, WalrasError
from walras.web.consoles.frame import Console, visitor_here
from walras.web.doorway import visit_of
from walras.web.people import Who
from walras.web.told import told

Ask: TypeAlias = Request[Any, Any, Any]
Answer: TypeAlias = Response[Any]
# The longest form is a topic with its programme.
FORM_BYTES_MAX = 200_000


def screen(
    path: str, show: Callable[[Ask], Answer], *, console: Console, who: Who, summary: str, scope: str | None = None
) -> HTTPRouteHandler:
    """A route that shows something.

    Args:
        path: of the screen.
        show: makes it, in a thread of its own.
        console: shows what went wrong, where something did.
        who: whom it lets in.
        summary: what it is for.
        scope: what a key must allow that opens it too, as this machine does where the settings say so.
    """

    async def answer(request: Ask) -> Answer:
        return await asyncio.to_thread(show, request)

    def problem(request: Ask, error: WalrasError) -> Answer:
        if isinstance(error, Unauthorised):
            there = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="")
            return Response("", status_code=303, headers={"location": f"/signin?next={there}"})
        return console.show(request, "console_problem.html", desk="", status=error.status, problem=error)

    said = told(summary=summary, tag="console", scope=scope, who=who, local=scope is not None)
    made = get(path, opt=said, include_in_schema=False, exception_handlers={WalrasError: problem})
    return made(answer)


def deed(
    path: str, do: Callable[[Ask, dict[str, str]], Any], *, who: Who, summary: str, scope: str | None = None
) -> HTTPRouteHandler:
    """A route that does something a form asks for, and answers with nothing or with an address to go to.

    Args:
        path: of the form.
        do: the deed, given the form's fields; gives the address to go to, or None.
        who: whom it lets in.
        summary: what it is for.
        scope: what a key must allow that may do it too.
    """

    async def answer(request: Ask) -> Answer:
        fields = await form_of(request)
        there = await asyncio.to_thread(do, request, fields)
        if there is None:
            return Response(b"", status_code=204)
        # The form's script follows by itself; a browser without scripts is led.
        by_script = request.headers.get("x-requested-with", "") == "deed"
        return Response(b"", status_code=204 if by_script else 303, headers={"location": quote(there, safe="/?=&%")})

    said = told(summary=summary, tag="console", scope=scope, who=who)
    return post(path, opt=said, include_in_schema=False, status_code=200)(answer)


async def form_of(request: Ask) -> dict[str, str]:
    """The fields of a form; of two with one name the last.

    Raises:
        TooMuch: it is longer than any of a console.
    """
    body = await request.body()
    if len(body) > FORM_BYTES_MAX:
        raise TooMuch(f"the form is longer than {FORM_BYTES_MAX} bytes", field="body", value=len(body))
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1].replace("\r\n", "\n").strip() for name, values in fields.items()}


def note(request: Ask, what: str, whom: str, *, before: str = "", after: str = "") -> None:
    """Write down who did what, after it is done and before it is answered."""
    visitor = visitor_here(request)
    audit = request.app.state.engine.world.audit
    who = visitor.known_as if visitor else ""
    audit.note(who, what, whom, before=before, after=after, request_id=visit_of(request.scope).id)


def table(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[str]:
    """A table as a CSV file, which spreadsheets open with the right letters.

    Args:
        name: of the file.
        head: names of the columns.
        rows: their values.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_plain(value) for value in row] for row in rows)
    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "cache-control": "no-store"}
    # Excel takes a file for UTF-8 only where it begins with this mark.
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _plain(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
