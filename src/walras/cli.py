"""Typer commands over app.

Each has an example in its help, and `--json` where a script would read it. Exit codes: 0 done; 1 it went wrong on our
side (try again, or see `walras doctor`); 2 the command or its input was refused.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from walras.base import logs, settings
from walras.base.errors import Refused, Unable
from walras.base.settings import Settings
from walras.town.commands import town_app

app = typer.Typer(
    name="walras",
    help="One market for attention: a personalised feed from real behaviour. All state lies in WALRAS_HOME.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
keys_app = typer.Typer(help="API keys: make, list, revoke.", no_args_is_help=True)
models_app = typer.Typer(help="Trained models: list, activate, roll back.", no_args_is_help=True)
ledger_app = typer.Typer(help="The books: post, look, close, pay, export.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
app.add_typer(ledger_app, name="ledger")
app.add_typer(models_app, name="models")
app.add_typer(town_app, name="town")

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]


def main() -> None:
    """Run a command; errors become one plain line and an exit code."""
    try:
        app()
    except Refused as error:
        err.print(f"[bold red]refused[/] {_plain(error)}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except Unable as error:
        err.print(f"[bold red]unable[/] {_plain(error)}", highlight=False, soft_wrap=True)
        sys.exit(1)


def _plain(error: object) -> str:
    return str(error).replace("[", r"\[")


def _home() -> tuple[Path, Settings]:
    """The home folder, made where missing, with its settings; log lines set up by them."""
    home = settings.home_folder()
    home.mkdir(parents=True, exist_ok=True)
    found = settings.load(home)
    logs.set_up(found.log_level, found.log_json)
    return home, found


def _say_json(value: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())


@contextmanager
def _bar(quiet: bool) -> Iterator[Progress]:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=quiet, transient=True) as progress:
        yield progress


# ---------------------------------------------------------------- serve


@app.command()
def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Serving processes.")] = None,
    train: Annotated[bool | None, typer.Option("--train/--no-train", help="Train in the background.")] = None,
    sample: Annotated[bool | None, typer.Option("--sample/--no-sample", help="Load the sample when empty.")] = None,
) -> None:
    """Start the platform and print its address.

    Example: [bold]walras up --port 8000[/]
    """
    from walras.app import serve
    from walras.app.films import Town
    from walras.town.clips import draw_film
    from walras.town.sample import write_sample
    from walras.town.talk import sayings

    home, found = _home()
    given = {"host": host, "port": port, "workers": workers, "train": train, "sample": sample}
    chosen = msgspec.structs.replace(found, **{name: value for name, value in given.items() if value is not None})
    serve(home, chosen, err, write_sample, Town(draw_film, sayings))


# ---------------------------------------------------------------- bring data


@app.command("import")
def import_command(
    files: Annotated[list[Path], typer.Argument(help="Files to read.")],
    format: Annotated[str | None, typer.Option(help="A public format by name; none: guessed.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that maps columns.")] = None,
    column: Annotated[list[str] | None, typer.Option("--map", help="meaning=column, such as person=user_id.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Show what was guessed, check every row, write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a log of your own: CSV, JSONL, Parquet, or a public format by name. Doing it twice changes nothing.

    Example: [bold]walras import --format s3rec Beauty.txt.gz[/]
    """
    from walras.app import open_log
    from walras.doors import files as door

    home, found = _home()
    by_column = _mapping(files, mapping, column)
    if not as_json and format is None and by_column is None:
        for path in files:
            _show_guess(door.guess(path))
    with open_log(home, found) as (log, registry, clock), _bar(as_json) as progress:
        bars: dict[Path, Any] = {}

        def moved(now: Any) -> None:
            if now.file not in bars:
                bars[now.file] = progress.add_task(now.file.name, total=now.total_bytes)
            progress.update(bars[now.file], completed=now.done_bytes)

        report = door.import_files(
            files, log, format=format, mapping=by_column, registry=registry, clock=clock, home=home,
            progress=moved, dry_run=dry_run,
        )  # fmt: skip
    if as_json:
        _say_json(report)
        return
    _print_import(report)


def _mapping(files: list[Path], path: Path | None, columns: list[str] | None) -> Any:
    """The mapping by which files are read: a TOML file's, or the guess for the first file, with flags laid over."""
    from walras.doors import files as door

    if path is None and not columns:
        return None
    base = door.load_mapping(path) if path else door.guess(files[0]).mapping
    over = {}
    for pair in columns or []:
        meaning, given, column = pair.partition("=")
        if not given:
            raise Refused("needs the form meaning=column", field="--map", value=pair, hint="Such as person=user_id.")
        over[meaning] = column
    if "time" in over:
        over.setdefault("time_unit", "auto")  # the guessed unit was another column's
    return door.mapping_of({**msgspec.to_builtins(base), **over}, where="--map")


def _show_guess(guess: Any) -> None:
    out.print(f"[bold]{_plain(guess.path.name)}[/]: {guess.format}, {guess.kind}", highlight=False)
    table = Table(*guess.columns[:8])
    for row in guess.rows[:3]:
        table.add_row(*(cell[:24] for cell in row[:8]))
    out.print(table)
    for reason in guess.reasons:
        out.print(f"  {_plain(reason)}", highlight=False)


def _print_import(report: Any) -> None:
    table = Table("file", "read as", "rows", "events", "new", "items", "people", "refused")
    for file in report.files:
        counts = (file.rows, file.events, file.fresh, file.items, file.people, file.rejected)
        table.add_row(file.path.name, f"{file.format} {file.kind}", *(f"{count:,}" for count in counts))
    out.print(table)
    for file in report.files:
        if file.already:
            out.print(f"{file.path.name} had been imported whole before; nothing was done.", highlight=False)
        if file.rejects:
            out.print(f"Refused rows with line and reason: {file.rejects}", highlight=False)
    out.print(f"{report.fresh:,} new events in {report.seconds:.1f} s.", highlight=False)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file to look at.")],
    format: Annotated[str | None, typer.Option(help="As for import.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is good and bad about a file of behaviour, in sentences. Nothing is imported.

    Example: [bold]walras check ratings.csv[/]
    """
    from walras.doors import files as door

    _home()
    findings = door.check(file, format=format)
    if as_json:
        _say_json(findings)
        return
    marks = {"good": "[green]+[/]", "note": "[blue]·[/]", "warning": "[yellow]![/]", "bad": "[red]✗[/]"}
    for finding in findings:
        out.print(marks.get(finding.level, "·"), finding.sentence, highlight=False)


# ---------------------------------------------------------------- learn and judge


@app.command()
def train(
    budget_s: Annotated[int | None, typer.Option("--budget", help="Seconds the sequence model may train.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the training.")] = None,
    refit: Annotated[bool, typer.Option(help="After judging, go on over the held-out items for serving.")] = True,
    progress_lines: Annotated[bool, typer.Option(hidden=True)] = False,
    as_json: AsJson = False,
) -> None:
    """Train the models from the log and choose them for serving. Goes on where a killed training stopped.

    Example: [bold]walras train --budget 120[/]
    """
    from walras.train.program import train_all

    home, found = _home()
    chosen = msgspec.structs.replace(
        found,
        train_budget_s=found.train_budget_s if budget_s is None else budget_s,
        seed=found.seed if seed is None else seed,
    )
    with _bar(as_json or progress_lines) as progress:
        task = progress.add_task("training", total=100)

        def moved(status: Any) -> None:
            if progress_lines:
                print(msgspec.json.encode(status).decode(), flush=True)
            progress.update(task, description=status.stage[:28], completed=round(100 * status.done))

        report = train_all(home, chosen, refit=refit, progress=moved)
    if as_json:
        _say_json(report)
    elif not progress_lines:
        _print_training(report)


def _print_training(report: dict[str, Any]) -> None:
    table = Table("model", "version", "figure", "value")
    for model in report["models"]:
        for name, value in sorted(model["metrics"].items()):
            table.add_row(model["kind"], model["version"], name, f"{value:.4f}")
    out.print(table)
    for sentence in report["notes"]:
        out.print(sentence, highlight=False)


@app.command()
def evaluate(
    plot: Annotated[Path | None, typer.Option(help="Write the comparison as an SVG here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the model with popularity, item-kNN, co-occurrence and what your old system showed.

    Each person's last item is the test; the whole catalogue is ranked. Example: [bold]walras evaluate --json[/]
    """
    from walras.train.program import evaluate_home

    home, found = _home()
    with _bar(as_json) as progress:
        task = progress.add_task("evaluating", total=100)
        report = evaluate_home(
            home,
            found,
            plot=plot,
            progress=lambda name, done: progress.update(task, description=name, completed=100 * done),
        )
    if as_json:
        _say_json(report)
        return
    _print_comparison(report)
    if beside := report.get("beside_former"):
        out.print(f"\nThe {beside['people']} people with rows of the former system alone:", highlight=False)
        _print_comparison(beside)
    if plot:
        out.print(f"Plot: {plot}")


def _print_comparison(report: dict[str, Any]) -> None:
    columns = ("recall@10", "ndcg@10", "recall@10_unmasked", "ndcg@10_unmasked")
    table = Table("ranking", *(column.replace("_", " ") for column in columns))
    for name, figures in report["results"].items():
        table.add_row(name, *(f"{figures[column]:.4f}" for column in columns))
    out.print(table)
    out.print(report["protocol"], highlight=False)


# ---------------------------------------------------------------- look and mend


@app.command()
def feed(
    person: Annotated[str, typer.Argument(help="Whose page.")],
    count: Annotated[int, typer.Option(help="Places to fill.")] = 10,
    surface: Annotated[str, typer.Option(help="Kind of page.")] = "feed",
    as_json: AsJson = False,
) -> None:
    """Fill a page for somebody, here and now, without a server.

    Example: [bold]walras feed person-7 --count 5[/]
    """
    from walras.app import open_engine
    from walras.base.ids import PersonId
    from walras.feed import make_page
    from walras.schema import PageRequest

    home, found = _home()
    with open_engine(home, found) as engine:
        page = make_page(PageRequest(person=PersonId(person), surface=surface, count=count), engine)
    if as_json:
        _say_json(page)
        return
    table = Table("place", "item", "title", "value, yuan", "source", "why")
    for place in page.places:
        table.add_row(
            str(place.place + 1), place.item, place.title, f"{place.value_yuan:.4f}", place.source, place.reason
        )
    out.print(table)


@app.command()
def replay(
    page: Annotated[str | None, typer.Option(help="Make this page again from the log and compare.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild the online state from the log alone and compare it with the running one's snapshot; or make a page again.

    Example: [bold]walras replay --page p019…[/]
    """
    from walras.app import replay_page, replay_state

    home, found = _home()
    with _bar(as_json) as progress:
        task = progress.add_task("reading the log", total=None, visible=page is None)

        def moved(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        report = replay_page(home, found, page) if page else replay_state(home, found, moved)
    if as_json:
        _say_json(report)
    else:
        out.print(report["sentence"], highlight=False)
    if not report["equal"]:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look for what is wrong here and say how to mend it: settings, port, disk, database, log, models.

    Example: [bold]walras doctor[/]
    """
    from walras.app import examine

    home = settings.home_folder()
    logs.set_up("error")
    findings = examine(home)
    if as_json:
        _say_json(findings)
    else:
        marks = {"good": "[green]✓[/]", "warning": "[yellow]![/]", "bad": "[red]✗[/]"}
        for finding in findings:
            out.print(marks[finding["level"]], finding["sentence"], highlight=False, markup=True)
    if any(finding["level"] == "bad" for finding in findings):
        raise typer.Exit(1)


@app.command()
def bench(parts: Annotated[list[str] | None, typer.Argument(help="Parts by name; none: all.")] = None) -> None:
    """Run benchmarks from a checkout; their figures go into docs/benchmarks.json and .md.

    Example: [bold]walras bench feed events[/]
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "bench" / "__main__.py").exists():
        raise Refused("the benchmarks lie in a checkout of the project", hint="Clone it and run `make bench` there.")
    os.chdir(root)
    os.execv(sys.executable, [sys.executable, "-m", "bench", *(parts or [])])


# ---------------------------------------------------------------- keys and models


@keys_app.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str] | None, typer.Option(help="A scope; may be given many times.")] = None,
    requests_per_s: Annotated[float | None, typer.Option(help="Requests a second.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; its secret is shown this once.

    Example: [bold]walras keys create shop-app --scope events:write --scope feed:read[/]
    """
    from walras.app import world_of
    from walras.world import SCOPES

    home, found = _home()
    scopes = tuple(scope or ("events:write", "feed:read", "catalog:read"))
    unknown = [s for s in scopes if s not in SCOPES]
    if unknown:
        raise Refused("is no scope", field="scope", value=unknown[0], hint=f"Scopes: {', '.join(sorted(SCOPES))}.")
    with world_of(home, found) as world:
        key_id, secret = world.keys.create(name, scopes, requests_per_s)
    if as_json:
        _say_json({"id": key_id, "secret": secret, "scopes": scopes})
    else:
        out.print(f"{key_id}\n{secret}", highlight=False)


@keys_app.command("list")
def keys_list(as_json: AsJson = False) -> None:
    """List keys, without their secrets.

    Example: [bold]walras keys list[/]
    """
    from walras.app import world_of

    home, found = _home()
    with world_of(home, found) as world:
        keys = world.keys.list()
    if as_json:
        _say_json(keys)
        return
    table = Table("id", "name", "scopes", "revoked")
    for key in keys:
        table.add_row(key.id, key.name, " ".join(key.scopes), "yes" if key.revoked else "")
    out.print(table)


@keys_app.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """End a key at once.

    Example: [bold]walras keys revoke k019…[/]
    """
    from walras.app import world_of

    home, found = _home()
    with world_of(home, found) as world:
        world.keys.revoke(key_id)


@app.command("roles")
def roles_command(
    handle: Annotated[str, typer.Argument(help="The account's handle.")],
    give: Annotated[list[str] | None, typer.Option(help="operator or reviewer; may be given many times.")] = None,
    take: Annotated[list[str] | None, typer.Option(help="A role to take away.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what an account may do, and give or take a role.

    Example: [bold]walras roles mei --give reviewer[/]
    """
    from walras.app import world_of

    home, found = _home()
    with world_of(home, found) as world:
        before, account = world.accounts.change_roles(handle, give or (), take or ())
        if before.roles != account.roles:
            said = {"before": " ".join(before.roles), "after": " ".join(account.roles)}
            world.audit.note("command line", "account.roles", account.person, **said)
    if as_json:
        _say_json({"handle": account.handle, "roles": account.roles})
    else:
        out.print(f"@{account.handle}: {', '.join(account.roles)}", highlight=False)


@models_app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """List models and their states.

    Example: [bold]walras models list[/]
    """
    from walras.app import world_of

    home, found = _home()
    with world_of(home, found) as world:
        models = world.models.list()
    if as_json:
        _say_json(models)
        return
    table = Table("kind", "version", "state", "figures")
    for model in models:
        figures = ", ".join(f"{k} {v:.4f}" for k, v in sorted(model.metrics.items())[:6])
        table.add_row(model.kind, model.version, model.state, figures)
    out.print(table)


@models_app.command("activate")
def models_activate(version: Annotated[str, typer.Argument(help="The model's version.")]) -> None:
    """Let running servers swap to this model.

    Example: [bold]walras models activate sequence-019…[/]
    """
    from walras.app import choose_model

    home, found = _home()
    choose_model(home, found, version)


# ---------------------------------------------------------------- money


@app.command()
def audit(
    what: Annotated[str, typer.Argument(help="A figure of a quarter, an event's id, or an entry's key.")] = "",
    quarter: Annotated[str, typer.Option(help="Of the figure, such as 2026-Q4; none: the one that runs.")] = "",
    rows: Annotated[int, typer.Option(min=0, max=10_000, help="Rows shown of each part of a figure.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Walk a figure down to its events, or an event up to the figures that it is in; without either, walk the chain.

    Example: [bold]walras audit net_profit --quarter 2026-Q4[/]
    """
    from walras.app.money import open_books
    from walras.insight.books import FIGURES

    home, found = _home()
    with open_books(home, found) as desk:
        if not what:
            said: Any = {"chain": desk.ledger.verify(), "conservation": desk.ledger.conservation(whole=True)}
        elif what in FIGURES:
            said = desk.books.open(quarter or desk.books.now(), what, rows)
        else:
            said = desk.books.trace(what)
    if as_json or not what:
        _say_json(said)
    elif what in FIGURES:
        _print_opened(said)
    else:
        for name, figures in said.figures.items():
            out.print(f"[bold]{name}[/] {', '.join(figures)}", highlight=False)
        out.print(f"entries: {', '.join(said.entries) or 'none'}", highlight=False)


def _print_opened(opened: Any) -> None:
    made = f" ({opened.rule} of {', '.join(opened.of)})" if opened.rule else ""
    out.print(f"[bold]{opened.figure}[/] of {opened.quarter}: {opened.value} {opened.unit}{made}", highlight=False)
    for part in opened.parts:
        out.print(f"\n[bold]{part.figure}[/] {part.value}, from {part.count:,} rows", highlight=False)
        out.print(_plain(part.query.strip()), highlight=False, soft_wrap=True)
        said = [n for n in range(len(part.columns)) if any(row[n] not in (None, "") for row in part.rows)]
        table = Table(*(part.columns[n] for n in said))
        for row in part.rows:
            table.add_row(*(_plain("" if row[n] is None else row[n]) for n in said))
        if part.rows:
            out.print(table)


@ledger_app.command("post")
def ledger_post(file: Annotated[Path, typer.Argument(help="JSON: one entry, or a list of them.")]) -> None:
    """Post journal entries of a file, all or none; posting it again changes nothing.

    Example: [bold]walras ledger post wages.json[/]
    """
    from walras.app.money import entries_in, open_books

    home, found = _home()
    with open_books(home, found) as desk:
        for posted in desk.ledger.post(*entries_in(file)):
            out.print(f"{posted.seq} {posted.key} {posted.hash}", highlight=False, soft_wrap=True)


@ledger_app.command("reverse")
def ledger_reverse(
    key: Annotated[str, typer.Argument(help="The entry that is taken back.")],
    memo: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Take an entry back by another one; nothing is ever edited.

    Example: [bold]walras ledger reverse wages/2026-11 --memo "typed twice"[/]
    """
    from walras.app.money import open_books

    home, found = _home()
    with open_books(home, found) as desk:
        posted = desk.ledger.reverse(key, f"{key}/back", desk.clock.now_ms(), memo)
    out.print(f"{posted.seq} {posted.key} {posted.hash}", highlight=False, soft_wrap=True)


@ledger_app.command("balances")
def ledger_balances(as_json: AsJson = False) -> None:
    """What lies on each account, debits less credits.

    Example: [bold]walras ledger balances[/]
    """
    from walras.app.money import open_books
    from walras.ledger import digits_of

    home, found = _home()
    with open_books(home, found) as desk:
        balances = sorted(desk.ledger.balances().items())
    if as_json:
        _say_json([{"account": a, "currency": c, "amount": amount} for (a, c), amount in balances])
        return
    table = Table("account", "currency", "amount")
    for (account, currency), amount in balances:
        digits = digits_of(currency)
        table.add_row(account, currency, f"{amount / 10**digits:,.{digits}f}")
    out.print(table)


@ledger_app.command("close")
def ledger_close(
    period: Annotated[str, typer.Argument(help="A month such as 2026-11, or a quarter such as 2026-Q4.")],
) -> None:
    """Close a month or a quarter: nothing is posted into it any more.

    Example: [bold]walras ledger close 2026-Q3[/]
    """
    from walras.app.money import open_books

    home, found = _home()
    with open_books(home, found) as desk:
        close = desk.ledger.close_quarter if "Q" in period else desk.ledger.close_month
        close(period, "cli")
        desk.world.audit.note("cli", "ledger.close", period)
        out.print(f"closed: {', '.join(desk.ledger.months())}", highlight=False)


@ledger_app.command("rate")
def ledger_rate(
    currency: Annotated[str, typer.Argument(help="ISO 4217, such as USD.")],
    rate: Annotated[str, typer.Argument(help="Yuan for one unit, such as 7.1234.")],
    source: Annotated[str, typer.Option(help="Where it is from.")] = "by hand",
) -> None:
    """Say what a currency is worth from now on.

    Example: [bold]walras ledger rate USD 7.1234 --source PBOC[/]
    """
    from walras.app.money import open_books

    home, found = _home()
    with open_books(home, found) as desk:
        desk.ledger.set_rate(currency, rate, desk.clock.now_ms(), source)


@ledger_app.command("export")
def ledger_export(
    to: Annotated[Path, typer.Argument(help="A file that ends in .beancount, .csv or .parquet.")],
) -> None:
    """Write the journal for others: text for beancount, CSV, or Parquet.

    Example: [bold]walras ledger export books.beancount[/]
    """
    from walras.app.money import export, open_books

    home, found = _home()
    with open_books(home, found) as desk:
        out.print(f"{export(desk.ledger, to):,} entries in {to}", highlight=False)


@ledger_app.command("refusals")
def ledger_refusals(as_json: AsJson = False) -> None:
    """What was to be posted from the log and was refused, with the reason.

    Example: [bold]walras ledger refusals[/]
    """
    from walras.app.money import open_books

    home, found = _home()
    with open_books(home, found) as desk:
        refusals = desk.ledger.refusals()
    if as_json:
        _say_json(refusals)
        return
    for refusal in refusals:
        out.print(f"{refusal['key']}: {_plain(refusal['message'])}", highlight=False, soft_wrap=True)


@ledger_app.command("pay")
def ledger_pay(
    month: Annotated[str, typer.Argument(help="Whose seconds are paid, such as 2026-10.")],
    yuan: Annotated[float | None, typer.Option(help="The pool.")] = None,
    share: Annotated[float | None, typer.Option(help="The pool as a share of the month's marketing revenue.")] = None,
    as_json: AsJson = False,
) -> None:
    """Share a pool out among creators by seconds that count, once a month.

    Example: [bold]walras ledger pay 2026-10 --share 0.1[/]
    """
    from walras.app.money import open_books, pay_month

    home, found = _home()
    with open_books(home, found) as desk:
        paid = pay_month(desk, month, yuan, share)
    if as_json:
        _say_json(paid)
        return
    out.print(
        f"{paid.fen / 100:,.2f} yuan for {paid.counted_s:,.0f} seconds of {paid.videos:,} videos", highlight=False
    )
    dropped = ", ".join(f"{rule} {s:,.0f} s" for rule, s in paid.dropped_s.items())
    out.print(f"not counted: {dropped}", highlight=False)


@ledger_app.command("statement")
def ledger_statement(
    owner: Annotated[str, typer.Argument(help="Whose.")],
    as_json: AsJson = False,
) -> None:
    """What a creator earned with each video, was paid, and is owed.

    Example: [bold]walras ledger statement p-ana[/]
    """
    from walras.app.money import open_books

    home, found = _home()
    with open_books(home, found) as desk:
        statement = desk.paying.statement(owner)
    if as_json:
        _say_json(statement)
        return
    table = Table("pool", "video", "counted, s", "not counted, s", "yuan")
    for line in statement.lines:
        seconds = (f"{line.counted_ms / 1000:,.0f}", f"{line.dropped_ms / 1000:,.0f}")
        table.add_row(line.pool, line.item, *seconds, f"{line.fen / 100:,.2f}")
    out.print(table)
    for payout in statement.payouts:
        words = f"{payout.key}: {payout.amount / 100:,.2f} yuan {payout.state} {payout.reason}"
        out.print(words.rstrip(), highlight=False)
    out.print(f"owed: {statement.owed_fen / 100:,.2f} yuan", highlight=False)


@ledger_app.command("payout")
def ledger_payout(
    key: Annotated[str, typer.Argument(help="A name of this payout; used once.")],
    owner: Annotated[str, typer.Option(help="To whom; with the amount, it is ordered.")] = "",
    yuan: Annotated[float, typer.Option(help="How much.")] = 0.0,
    paid: Annotated[bool, typer.Option("--paid", help="It arrived.")] = False,
    failed: Annotated[str, typer.Option(help="It came back, and why.")] = "",
) -> None:
    """Send a creator what is owed, and say what became of it.

    Example: [bold]walras ledger payout 2026-11-ana --owner p-ana --yuan 12.34[/]
    """
    from walras.app.money import open_books
    from walras.ledger import fen_of_yuan

    if sum((bool(owner), paid, bool(failed))) != 1:
        raise Refused("say one of --owner, --paid and --failed", field="payout", value=key)
    home, found = _home()
    with open_books(home, found) as desk:
        if owner:
            done = desk.paying.order(key, owner, fen_of_yuan(yuan))
        else:
            done = desk.paying.paid(key) if paid else desk.paying.failed(key, failed)
    out.print(f"{done.key}: {done.amount / 100:,.2f} yuan {done.state}", highlight=False)


if __name__ == "__main__":
    main()
