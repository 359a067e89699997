"""Machine code kept on disk, one file for each function and signature, named by everything that went into it.

What goes in: the code of the function and of all that it calls, in whatever file, the constants they read, the fields
of the tuples they are given, the options, the processor, and the versions of numba, numpy and Python. So a file is
never wrong, only missing, and processes of different ages share a folder without a lock: at worst two of them compile
the same thing and write the same file.
"""

import hashlib
import math
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps
from numba.core.types.containers import BaseTuple

# Enough for the signatures of one function and a few former states of its source; older files are removed.
FILES_MAX = 12
_CHECK_BYTES = 32
_VERSIONS = f"{numba.__version__} {np.__version__} {sys.version}"


class KeptCode(FunctionCache):  # type: ignore[misc]
    """Keeps the machine code of one function, in the folder that numba would choose."""

    def __init__(self, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        """Of a function and its options. Nothing is read yet: what it calls may stand further down in its file."""
        super().__init__(function)
        self._options = options
        self._cache_file = Files(Path(self._cache_path), f"{function.__module__}.{function.__qualname__}")

    def _index_key(self, sig: Any, codegen: Any) -> bytes:
        """What the machine code is made of, as a digest."""
        made = hashlib.sha256(f"{_VERSIONS} {codegen.magic_tuple()} {_type_said(sig)}".encode())
        for part in _parts(self._py_func, self._options, set()):
            made.update(part.encode() + b"\0")
        return made.digest()


class Files:
    """The files of one function, each whole or not at all."""

    def __init__(self, folder: Path, name: str) -> None:
        """Those of one name in a folder."""
        self._folder, self._name = folder, name.replace("<", "").replace(">", "")

    def load(self, key: bytes) -> Any:
        """What was saved under a key; None where nothing was or where it is damaged."""
        path = self._path(key)
        try:
            whole = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        check, content = whole[:_CHECK_BYTES], whole[_CHECK_BYTES:]
        return pickle.loads(content) if hashlib.sha256(content).digest() == check else None

    def save(self, key: bytes, made: Any) -> None:
        """Keep it. A full disk keeps nothing and ends nothing: it is compiled again next time."""
        content, path = dumps(made), self._path(key)
        scratch = path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
        try:
            scratch.write_bytes(hashlib.sha256(content).digest() + content)
            scratch.replace(path)
            self._tidy()
        except OSError:
            scratch.unlink(missing_ok=True)

    def flush(self) -> None:
        """Remove them all."""
        for path in self._all():
            path.unlink(missing_ok=True)

    def _tidy(self) -> None:
        for path in self._all()[FILES_MAX:]:
            path.unlink(missing_ok=True)

    def _all(self) -> list[Path]:
        found = self._folder.glob(f"{self._name}-*.code")
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def _path(self, key: bytes) -> Path:
        return self._folder / f"{self._name}-{key[:12].hex()}.code"


def _parts(function: Any, options: Mapping[str, Any], met: set[int]) -> Iterator[str]:
    """What a function says: its code, the constants it reads, and the same of every function it calls."""
    met.add(id(function))
    yield _said(sorted((name, _said(value)) for name, value in options.items()))
    for code in _codes(function.__code__):
        yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames}"
        yield from (_said(value) for value in code.co_consts if not isinstance(value, CodeType))
        for name, value in _globals_of(code, function.__globals__):
            if not isinstance(value, Dispatcher):
                yield f"{name}={_said(value)}"
            elif id(value.py_func) not in met:
                yield from _parts(value.py_func, value.targetoptions, met)
    for cell in function.__closure__ or ():
        yield _said(cell.cell_contents)


def _globals_of(code: CodeType, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Globals that code reads, and what it reads of modules that are ours or a user's."""
    for name in code.co_names:
        value = known.get(name)
        yield name, value
        if isinstance(value, ModuleType) and value not in (np, math):
            yield from ((f"{name}.{part}", vars(value).get(part)) for part in code.co_names)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _codes(value)


def _said(value: Any) -> str:
    """A constant, the same in every process."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, set | frozenset):
        return repr(sorted(value))
    if isinstance(value, ModuleType | type) or callable(value):
        named = getattr(value, "__qualname__", getattr(value, "__name__", ""))
        return f"{named} {getattr(value, '_fields', '')}"
    return repr(value)


def _type_said(given: Any) -> str:
    """A type, or some, with the names of a tuple's fields, which the compiler turns into places."""
    if isinstance(given, tuple):
        return " ".join(map(_type_said, given))
    fields = getattr(given, "fields", "")
    inner = " ".join(map(_type_said, given)) if isinstance(given, BaseTuple) else ""
    return f"{given} {fields} ({inner})"
