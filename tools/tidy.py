"""Say what has grown too long or lies about; refuse what must not be in the tree.

Listed: functions over 60 lines, files over 500, modules that nothing imports.
Refused (exit code 1): names that say nothing, files over 1 MB, vendored files that their manifest does not know or
knows otherwise.
"""

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 500
BLOB_BYTES_MAX = 1_000_000
# Names that would take in anything, so that nobody finds it again.
BANNED = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "service",
    "core",
    "logic",
    "handler",
    "handlers",
    "data",
    "info",
}
MANIFEST = "src/walras/web/static/manifest.json"
MANIFEST_FIELDS = ("file", "name", "version", "licence", "licence_file", "sha256")
# Started by name and not by an import: entry points, migrations, tests' own set-up.
STARTED = ("__main__", "__init__", "cli", "conftest")


def main() -> int:
    """Print what was found; 1 where something is refused."""
    files = tracked()
    python = {path: path.read_text("utf-8") for path in files if path.suffix == ".py"}
    for remark in (*long_files(python), *long_functions(python), *dead_modules(python)):
        print(f"note: {remark}")
    refusals = [*banned_names(files), *blobs(files), *manifest_faults(files)]
    for refusal in refusals:
        print(f"refused: {refusal}", file=sys.stderr)
    print(f"tidy: {len(files)} files, {len(refusals)} refused")
    return 1 if refusals else 0


def tracked() -> list[Path]:
    """Every file that git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return sorted(ROOT / name for name in names if name and (ROOT / name).is_file())


def long_files(python: dict[Path, str]) -> Iterator[str]:
    """Files of Python that are over the limit."""
    for path, text in python.items():
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            yield f"{_shown(path)} has {lines} lines, over {FILE_LINES_MAX}"


def long_functions(python: dict[Path, str]) -> Iterator[str]:
    """Functions that are over the limit."""
    for path, text in python.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    yield f"{_shown(path)}:{node.lineno} {node.name} has {lines} lines, over {FUNCTION_LINES_MAX}"


def dead_modules(python: dict[Path, str]) -> Iterator[str]:
    """Modules of the package that no other module, test, benchmark or command imports."""
    imported = {name for text in python.values() for name in _imports(ast.parse(text))}
    everything = "\n".join(python.values())
    for path in python:
        if not path.is_relative_to(ROOT / "src") or path.stem in STARTED or "migrations" in path.parts:
            continue
        module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        # A module may also be started by its name, as a program of its own.
        if module not in imported and f'"{module}' not in everything:
            yield f"{_shown(path)} is imported by nothing"


def banned_names(files: list[Path]) -> Iterator[str]:
    """Files and folders whose names say nothing."""
    for path in files:
        parts = path.relative_to(ROOT).parts
        if parts[0] not in ("src", "tests", "bench", "tools"):
            continue
        for part in parts:
            if part.split(".")[0].removeprefix("test_") in BANNED:
                yield f"{_shown(path)}: {part!r} says nothing; name it after the trade"


def blobs(files: list[Path]) -> Iterator[str]:
    """Files too large for a repository."""
    for path in files:
        size = path.stat().st_size
        if size > BLOB_BYTES_MAX:
            yield f"{_shown(path)} has {size / 1e6:.1f} MB, over {BLOB_BYTES_MAX / 1e6:.0f}"


def manifest_faults(files: list[Path]) -> Iterator[str]:
    """Where vendored files and the manifest of their licences disagree."""
    path = ROOT / MANIFEST
    folder = path.parent
    vendored = {file for file in files if file.is_relative_to(folder / "vendor") and "licences" not in file.parts}
    entries = json.loads(path.read_text("utf-8")) if path.exists() else []
    for entry in entries:
        missing = [field for field in MANIFEST_FIELDS if not entry.get(field)]
        if missing:
            yield f"{MANIFEST}: {entry.get('file', '?')} does not say {', '.join(missing)}"
            continue
        file = folder / entry["file"]
        vendored.discard(file)
        if not file.is_file():
            yield f"{MANIFEST}: {entry['file']} is not there"
        elif hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
            yield f"{_shown(file)} is not the file of the manifest (sha256 differs)"
        if not (folder / entry["licence_file"]).is_file():
            yield f"{MANIFEST}: the licence of {entry['file']} is not there"
    for file in sorted(vendored):
        yield f"{_shown(file)} is vendored without an entry in {MANIFEST}"


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
