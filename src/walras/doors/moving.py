"""Moves of experiments and their reports, for the API and for the console alike."""

from typing import Any

from walras.base.errors import NotFound, Unavailable, nearest
from walras.insight.experiments import Report
from walras.web.consoles import known_to
from walras.world import Trials, TrialStatus

DEEDS = ("start", "inner", "launch", "roll-back", "end")


def move(trials: Trials, name: str, deed: str, *, arm: str = "", reason: str = "") -> TrialStatus:
    """Do what was asked with an experiment.

    Raises:
        NotFound: there is no such experiment or deed.
        Conflict: its state does not allow it.
        Invalid: it has no such arm, or nobody is on its allow-list.
    """
    if deed == "start":
        return trials.start(name)
    if deed == "inner":
        return trials.open_inside(name)
    if deed == "launch":
        return trials.launch(name, arm, reason)
    if deed == "roll-back":
        return trials.roll_back(name, reason)
    if deed == "end":
        return trials.end(name, reason)
    raise NotFound("no such deed", field="deed", value=deed, hint=nearest(deed, DEEDS))


def report_for(request: Any, status: TrialStatus) -> Report:
    """The report of an experiment, read from the log now.

    Raises:
        NotFound: it has not begun.
        Unavailable: this application reads no log's files.
    """
    if not status.started_ms:
        raise NotFound("it has not begun, so there is no report", field="name", value=status.trial.name)
    read = known_to(request).trial_report
    if read is None:
        raise Unavailable("this process cannot read the log's files", field="report")
    found: Report = read(status)
    return found
