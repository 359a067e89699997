"""Asks the memory for what a loop will need soon, so that it has come when the loop gets there; changes nothing."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

Codegen = Callable[..., Any]
# A page's loop asks for rows so many turns ahead, line by line: 64 bytes, which hold so many numbers.
AHEAD, HALVES_OF_A_LINE, FLOATS32_OF_A_LINE = 8, 32, 16
# Arguments of the instruction: for reading and writing, to be kept in every cache, as values and not as code.
_WRITE, _KEEP, _VALUES = 1, 3, 1


@intrinsic  # type: ignore[untyped-decorator]
def fetch(_typing: Any, array: Any, place: Any) -> tuple[Any, Codegen]:
    """Ask for the cache line of one element of an array, counted along its memory. Any place will do, even none."""
    int32, pointer = ir.IntType(32), ir.IntType(8).as_pointer()

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, given[0])
        address = builder.bitcast(builder.gep(held.data, [given[1]]), pointer)
        kind = ir.FunctionType(ir.VoidType(), [pointer, int32, int32, int32])
        instruction = builder.module.declare_intrinsic("llvm.prefetch", (pointer,), kind)
        builder.call(instruction, [address, *(int32(n) for n in (_WRITE, _KEEP, _VALUES))])
        return context.get_dummy_value()

    return types.void(array, types.int64), made
