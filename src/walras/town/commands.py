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
    concurrency: Annotated[int | None, typer.Option(help="Pages asked for at once.")] = None,
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
        chosen = _plan(plan, scale=scale, seed=seed, days=days, tick_s=max(1.0, min(60.0, speed)))
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


@town_app.command("faults")
def faults_command(
    seeds: Annotated[list[int], typer.Argument(help="Seeds; with --count also those that follow the last.")],
    count: Annotated[int, typer.Option(min=1, help="So many seeds from the last one on.")] = 1,
    together: Annotated[bool, typer.Option("--together", help="All on one platform: faster than one each.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Break things as a seed says while a town uses the platform, and look whether everything promised holds.

    Processes are killed, the disk fills, events come twice, late and unordered, clocks jump. Exit code 1 where anything
    does not hold, with the command that repeats it. Example: [bold]walras town faults 7[/]
    """
    import tempfile

    from walras.town.faults import weather

    chosen = [*seeds, *range(seeds[-1] + 1, seeds[-1] + count)]
    found: list[Any] = []
    with _refusals():
        for lot in [chosen] if together else [[seed] for seed in chosen]:
            with tempfile.TemporaryDirectory(prefix="walras-faults-") as scratch:
                place = (folder / f"from-{lot[0]}" if folder else Path(scratch)).resolve()
                some = weather(lot, place, told=lambda said: None if as_json else err.print(f"  {said}"))
            found += some
            for one in [] if as_json else some:
                _print_storms(one)
    if as_json:
        _say_json(found)
    failed = [one for one in found if one.violations]
    for one in failed:
        err.print(f"repeat it with: {one.repeat}", highlight=False)
    if failed:
        raise typer.Exit(1)


def _print_storms(one: Any) -> None:
    kinds = ", ".join(fault.kind for fault in one.faults)
    verdict = "[red]does not hold[/]" if one.violations else "[green]holds[/]"
    out.print(f"seed {one.seed}: {verdict} ({kinds}; {one.events} events, {one.pages} pages)", highlight=False)
    for said in one.violations[:20]:
        out.print(f"  {_plain(said)}", highlight=False)


@town_app.command("compare")
def compare_command(
    first: Annotated[Path, typer.Argument(help="The plan without the change.")],
    second: Annotated[Path, typer.Argument(help="The plan with it.")],
    scale: Scale = None,
    seed: Seed = None,
    days: Days = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Run the same town under two plans and say the true effect of what differs, in all and per person.

    Example: [bold]walras town compare without.toml with.toml --days 7[/]
    """
    from walras.town.comparing import compare

    with _refusals(), _bar(as_json) as moved:
        over = {"scale": scale, "seed": seed, "days": days}
        plans = [_plan(path, **over) for path in (first, second)]
        place = folder or _folder(None).with_name("town-compared")
        found = compare(plans[0], plans[1], place.expanduser().resolve(), moved)
    if as_json:
        _say_json(found)
        return
    for name, (one, other) in found.changed.items():
        out.print(f"{name}: {one!r} → {other!r}", highlight=False)
    table = Table("outcome of one person", "before", "after", "true effect", "share", "spread", "over everybody")
    for effect in found.effects:
        figures = (effect.before, effect.after, effect.effect)
        share = f"{100 * effect.share:+.2f} %"
        table.add_row(effect.outcome, *map(_figure, figures), share, _figure(effect.spread), _figure(effect.total))
    out.print(table)
    out.print(f"{found.people} people; each of them in {found.file}", highlight=False)


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
