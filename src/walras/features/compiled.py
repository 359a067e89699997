"""Numba, with types kept: a function compiled here keeps its signature for the type checker."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

Given = ParamSpec("Given")
Made = TypeVar("Made")


def compiled(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Compile a loop over arrays once per machine; it runs without the interpreter's lock."""
    return cast(Callable[Given, Made], njit(cache=True, nogil=True)(function))


def compiled_in_place(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Compile a loop that makes no array of its own.

    Without the counting of references to arrays, which took nine tenths of the time of loops that hand tuples of
    arrays from function to function.
    """
    return cast(Callable[Given, Made], njit(cache=True, nogil=True, _nrt=False)(function))


def compiled_sums(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Compile in place a loop whose sums may be added in another order, so that a processor adds several at a time.

    On one machine they are always added in the same order; two machines may differ in the last bits.
    """
    in_any_order = {"reassoc", "contract", "nsz"}
    return cast(Callable[Given, Made], njit(cache=True, nogil=True, _nrt=False, fastmath=in_any_order)(function))
