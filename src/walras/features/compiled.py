"""Numba, with types kept: a function compiled here keeps its signature for the type checker.

What was compiled is kept by `kept_code`, not by numba's own cache, which has one index a function: there two processes,
or one that began before an edit, can put each other's machine code under a wrong entry, and a changed callee in another
file goes unseen. Running such code ends the process or, worse, does not.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit
from numba.core.dispatcher import Dispatcher

from walras.features.kept_code import KeptCode

Given = ParamSpec("Given")
Made = TypeVar("Made")


def compiled(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Compile a loop over arrays once per machine; it runs without the interpreter's lock."""
    return _kept(function)


def compiled_in_place(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Compile a loop that makes no array of its own.

    Without the counting of references to arrays, which took nine tenths of the time of loops that hand tuples of
    arrays from function to function.
    """
    return _kept(function, _nrt=False)


def compiled_sums(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Compile in place a loop whose sums may be added in another order, so that a processor adds several at a time.

    On one machine they are always added in the same order; two machines may differ in the last bits.
    """
    return _kept(function, _nrt=False, fastmath={"reassoc", "contract", "nsz"})


def _kept(function: Callable[Given, Made], **options: Any) -> Callable[Given, Made]:
    made = njit(nogil=True, **options)(function)
    if isinstance(made, Dispatcher):  # The function itself, where compiling is switched off to look for a mistake.
        made._cache = KeptCode(function, made.targetoptions)  # type: ignore[attr-defined]
    return cast(Callable[Given, Made], made)
