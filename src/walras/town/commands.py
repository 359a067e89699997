"""`walras town …`: run a town, let it live beside an app, report, calibrate, compare, and break things on purpose."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from walras.town.plans import BadPlan, TownPlan, plan_of, read_plan

town_app = typer.Typer(
    help="A simulated town whose people use the platform through its API alone.", no_args_is_help=True
)
out, err = Console(), Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]
PlanFile = Annotated[Path | None, typer.Option("--plan", help="A TOML file; what it leaves out is calibrated.")]
Folder = Annotated[Path | None, typer.Option("--folder", help="Keeps the town; none: `town` in WALRAS_HOME.")]
Scale = Annotated[int | None, typer.Option(help="One inhabitant for so many people of the source.")]
Seed = Annotated[int | None, typer.Option(help="The same seed is the same town.")]
Days = Annotated[int | None, typer.Option(help="Days in all, those before included.")]


@town_app.command("run")
def run_command(
    plan: PlanFile = None,
    scale: Scale = None,
    seed: Seed = None,
    days: Days = None,
    folder: Folder = None,
    url: Annotated[str, typer.Option(help="A running platform; none: the town starts its own.")] = "",
    key: Annotated[str, typer.Option(help="Key of that platform.")] = "",
    concurrency: Annotated[int | None, typer.Option(help="Pages asked for at once; 1 is repeatable.")] = None,
    workers: Annotated[int | None, typer.Option(help="Serving processes of the town's own platform.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run days of a town; Ctrl-C pauses it, the same command goes on, and so it does after a death.

    Example: [bold]walras town run --scale 1000000 --days 2[/]
    """
    from walras.town.reports import report_of
    from walras.town.running import Address, run_town

    with _refusals():
        over = {"scale": scale, "seed": seed, "days": days, "concurrency": concurrency, "workers": workers}
        chosen = _plan(plan, **over)
        if url:
            past_ms = time.time_ns() // 1_000_000 - (chosen.days + 1) * 86_400_000
            chosen = msgspec.structs.replace(chosen, first_day_ms=past_ms - past_ms % 86_400_000)
        where = Address(url, _key(key)) if url else None
        with _bar(as_json) as moved:
            run_town(chosen, _folder(folder), where, moved)
        found, rows = report_of(chosen, _folder(folder))
    _print_report(found, rows, as_json)


@town_app.command("live")
def live_command(
    url: Annotated[str, typer.Option(help="The running platform.")] = "http://127.0.0.1:8000",
    key: Annotated[str, typer.Option(help="Its key; none: the development key in WALRAS_HOME.")] = "",
    speed: Annotated[float, typer.Option(min=0.1, max=3_600, help="Seconds of the town in a second.")] = 60.0,
    hour: Annotated[float, typer.Option(min=0, max=24, help="Hour of the day at which it begins.")] = 18.0,
    scale: Scale = 10_000_000,
    seed: Seed = None,
    days: Days = 1_000,
    plan: PlanFile = None,
    folder: Folder = None,
) -> None:
    """Let a town live beside a running app, in real time or faster, so that its consoles move. Ctrl-C ends it.

    Example: [bold]walras town live --speed 60[/]
    """
    from walras.town.running import Address, live_town

    with _refusals():
        chosen = _plan(plan, scale=scale, seed=seed, days=days, tick_s=max(1.0, min(60.0, speed)), concurrency=4)
        place = folder or _folder(None).with_name(f"town-live-{os.getpid()}")
        with _bar(False) as moved:
            live_town(chosen, place, Address(url, _key(key)), speed=speed, hour=hour, moved=moved)


@town_app.command("report")
def report_command(
    plan: PlanFile = None, scale: Scale = None, seed: Seed = None, folder: Folder = None, as_json: AsJson = False
) -> None:
    """Say target and measured side by side.

    Example: [bold]walras town report[/]
    """
    from walras.town.reports import report_of

    with _refusals():
        found, rows = report_of(_plan(plan, scale=scale, seed=seed), _folder(folder))
    _print_report(found, rows, as_json)


@town_app.command("calibrate")
def calibrate_command(
    plan: PlanFile = None,
    scale: Scale = 1_000_000,
    seed: Seed = None,
    days: Days = 1,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="At most so many rounds.")] = 8,
    write: Annotated[Path | None, typer.Option(help="Where the ways go; none: into the package.")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Fit the ways of people to the source's figures by real days, and write them down.

    Example: [bold]walras town calibrate --scale 1000000 --rounds 4[/]
    """
    import tempfile

    from walras.town.fitting import fit
    from walras.town.plans import CALIBRATED, write_ways

    with _refusals(), tempfile.TemporaryDirectory(prefix="walras-town-") as scratch, _bar(as_json) as moved:
        chosen = _plan(plan, scale=scale, seed=seed, days=days)
        begun = time.monotonic()

        def told(one: Any) -> None:
            if not as_json:
                figures = ", ".join(f"{row.name} {row.measured:.4g}" for row in one.rows if row.measured is not None)
                took_s = time.monotonic() - begun
                err.print(f"largest error {100 * one.error:.1f} % after {took_s:.0f} s: {figures}", highlight=False)

        best = fit(chosen, folder or Path(scratch), rounds=rounds, told=told, moved=moved)
        remark = (
            f"Written by `walras town calibrate`: 1 : {chosen.scale:,}, seed {chosen.seed}, days {chosen.days}.\n"
            f"Largest error of the best round: {100 * best.error:.2f} %."
        )
        write_ways(write or CALIBRATED, best.ways, remark)
    if as_json:
        _say_json({"rows": best.rows, "error": best.error, "ways": best.ways})
    else:
        out.print(f"Written to {write or CALIBRATED}: largest error {100 * best.error:.2f} %.", highlight=False)


# ---------------------------------------------------------------- what they share


def _plan(path: Path | None, **over: Any) -> TownPlan:
    return read_plan(path, **over) if path else plan_of(**over)


def _home() -> Path:
    return Path(os.environ.get("WALRAS_HOME") or ".walras").expanduser().resolve()


def _folder(given: Path | None) -> Path:
    return (given or _home() / "town").expanduser().resolve()


def _key(given: str) -> str:
    if given:
        return given
    path = _home() / "development-key"
    if not path.exists():
        raise BadPlan(f"{path} is not there. Give --key, or set WALRAS_HOME to the platform's home folder.")
    return path.read_text("utf-8").strip()


@contextmanager
def _refusals() -> Iterator[None]:
    """What the caller can mend becomes one plain line and exit code 2; what failed, exit code 1."""
    from walras.client import ClientError

    try:
        yield
    except (BadPlan, ValueError, FileNotFoundError) as error:
        err.print(f"[bold red]refused[/] {_plain(error)}", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except (ClientError, RuntimeError) as error:
        err.print(f"[bold red]unable[/] {_plain(error)}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _plain(error: object) -> str:
    return str(error).replace("[", r"\[")


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Any], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=quiet, transient=True) as progress:
        task = progress.add_task("the town wakes", total=1.0)

        def moved(now: Any) -> None:
            said = f"day {now.day + 1}: {now.people:,} people, {now.pages:,} pages, {now.events:,} events"
            progress.update(task, description=said, completed=now.share)

        yield moved


def _print_report(days: Any, rows: Any, as_json: bool) -> None:
    from walras.town.reports import max_error

    if as_json:
        _say_json({"days": days, "rows": rows, "max_error": max_error(rows)})
        return
    table = Table("figure", "unit", "target", "measured", "off by", "")
    for row in rows:
        if row.measured is None:
            table.add_row(row.name, row.unit, _figure(row.target), "–", "–", f"waits for {row.note}")
        else:
            table.add_row(
                row.name, row.unit, _figure(row.target), _figure(row.measured), f"{100 * row.error:.1f} %", row.note
            )
    out.print(table)
    last = days[-1]
    out.print(
        f"{len(days)} days; the last had {last.pages:,} pages, {last.events:,} events, {last.uploads:,} uploads; "
        f"largest error {100 * max_error(rows):.1f} %.",
        highlight=False,
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.4g}"


def _say_json(value: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
