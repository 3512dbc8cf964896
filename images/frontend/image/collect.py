"""Puts together the files of the frontend's image: Python, and of all else the modules that the frontend can import.

Nothing of the image's platform is run, so that every platform is made on any. Modules are found by the import
statements in their sources: everything that bakegen can import is in the image, and one that is missing ends the build.
"""

from __future__ import annotations

import argparse
import ast
import importlib.machinery
import os
import py_compile
import shutil
import struct
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOTS = (
    "bakegen.frontend.__main__",
    # Found by their folder when the frontend runs.
    "bakegen.rewrites.*",
    "bakegen.effects.commands.*",
    # Imported by Python itself at its start, and by protobuf's C code.
    "encodings.utf_8", "encodings.ascii", "encodings.latin_1", "encodings.idna",
    "google._upb._message",
)  # fmt: skip
LEFT_OUT = frozenset(
    """
    __main__ _aix_support _hashlib _osx_support _pydatetime _pydecimal _pyio _pyrepl asyncio bdb bz2 cmd code
    concurrent ctypes curses distutils doctest email encodings.mbcs encodings.oem ftplib getpass gettext http
    idlelib importlib.metadata importlib.readers importlib.resources.readers jinja2.nativetypes lib2to3 lzma
    mimetypes multiprocessing nt nturl2path optparse pdb pip plistlib profile pstats pty py_compile pydoc
    pydoc_data queue readline rlcompleter socket socketserver sqlite3 ssl statistics subprocess sysconfig
    tarfile telnetlib test tkinter tty unittest venv webbrowser winreg xml xmlrpc zipfile
    """.split()  # noqa: SIM905
)
"""Modules that a library imports somewhere for uses that the frontend has not."""

ALIASES = frozenset(("_frozen_importlib", "_frozen_importlib_external", "collections.abc", "os.path"))
"""Modules without a file: others make them."""

PYTHON = "python3.13"
STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
_NEEDED, _STRINGS, _DYNAMIC = 1, 5, 2


class Missing(Exception):
    """Something that the image needs is nowhere."""


class Modules:
    """The modules below some folders, as the image's Python would find them.

    Args:
        folders: where modules lie -> where they go.
    """

    def __init__(self, folders: dict[Path, str]) -> None:
        self._folders = folders
        self.found: dict[str, tuple[Path, str]] = {}

    def find(self, name: str) -> tuple[Path, str] | None:
        """The file of a module and its place in the image; None where there is none."""
        inside = name.replace(".", "/")
        for folder, to in self._folders.items():
            for path in (folder / inside / "__init__.py", folder / f"{inside}.py"):
                if path.is_file():
                    return path, f"{to}/{path.relative_to(folder)}"
            for path in sorted((folder / inside).parent.glob(f"{Path(inside).name}.*.so")):
                return path, f"{to}/{path.relative_to(folder)}"
        return None

    def collect(self, names: list[str]) -> None:
        """Takes modules with everything that they import."""
        waiting = [*names]
        while waiting:
            name = waiting.pop()
            if name in self.found or any(f"{name}.".startswith(f"{one}.") for one in LEFT_OUT):
                continue
            at = self.find(name)
            if at is None:
                continue
            self.found[name] = at
            waiting += [name.rpartition(".")[0]] if "." in name else []
            if at[0].suffix == ".py":
                waiting += [one.name for one in imports(name, at[0])]

    def check(self) -> None:
        """`Missing` where a module cannot be loaded, and where anything that bakegen ever imports was not found."""
        known = {*self.found, *ALIASES, *sys.builtin_module_names}
        missing = []
        for name, (path, _) in self.found.items():
            for one in imports(name, path) if path.suffix == ".py" else ():
                counts = one.always or name.startswith("bakegen.")
                if counts and one.name not in known and (one.certain or self.find(one.name) is not None):
                    missing.append(f"{one.name} for {name}")
        if missing:
            raise Missing(", ".join(sorted(missing)))


class Import(NamedTuple):
    """A module that another one imports.

    Attributes:
        name: its name.
        certain: whether it is a module, and not perhaps a name in one.
        always: whether it is imported when the other one is, and must be there.
    """

    name: str
    certain: bool
    always: bool


@cache
def imports(name: str, path: Path) -> tuple[Import, ...]:
    """What a module imports anywhere in it."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = []
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_bytes()), True)]
    while waiting:
        node, always = waiting.pop()
        if isinstance(node, ast.Import):
            found += [Import(one.name, certain=True, always=always) for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            found.append(Import(module, certain=True, always=always))
            found += [Import(f"{module}.{one.name}", certain=False, always=always) for one in node.names]
        inside = always and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Try, ast.If))
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for field in ("orelse",) if typing else ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += [(one, inside) for one in getattr(node, field, ()) if isinstance(one, STATEMENTS)]
    return tuple(found)


def expand(root: str, folders: dict[Path, str]) -> list[str]:
    """A root's modules: `package.*` is each of a package."""
    if not root.endswith(".*"):
        return [root]
    package = root[:-2]
    for folder in folders:
        place = folder / package.replace(".", "/")
        if place.is_dir():
            return [f"{package}.{path.stem}" for path in sorted(place.glob("*.py")) if path.stem != "__init__"]
    raise Missing(root)


def needed_libraries(path: Path) -> list[str]:
    """The shared libraries that an ELF file names (64 bit, little-endian). Source: elf(5)."""
    data = path.read_bytes()
    start, size, count = (struct.unpack_from(form, data, at)[0] for form, at in (("<Q", 32), ("<H", 54), ("<H", 56)))
    segments = [struct.unpack_from("<IIQQQQ", data, start + size * index) for index in range(count)]
    # Program headers: type, flags, offset, virtual address, physical address, size in the file.
    dynamic = next((one for one in segments if one[0] == _DYNAMIC), None)
    interpreter = [data[one[2] : one[2] + one[5] - 1].decode() for one in segments if one[0] == 3]
    if dynamic is None:
        return interpreter
    entries = list(struct.iter_unpack("<QQ", data[dynamic[2] : dynamic[2] + dynamic[5]]))
    address = next(value for tag, value in entries if tag == _STRINGS)
    strings = next(address - one[3] + one[2] for one in segments if one[0] == 1 and 0 <= address - one[3] < one[5])
    names = [strings + value for tag, value in entries if tag == _NEEDED]
    return interpreter + [data[at : data.index(b"\0", at)].decode() for at in names]


def libraries(programs: list[Path], root: Path) -> dict[str, Path]:
    """The shared libraries that programs and modules need: place in the image -> file."""
    found: dict[str, Path] = {}
    waiting = [*programs]
    while waiting:
        for name in needed_libraries(waiting.pop()):
            # The loader is named by its path; everything else goes where it looks first.
            to = name.lstrip("/") if "/" in name else f"lib/{name}"
            if Path(to).name in {Path(one).name for one in found}:
                continue
            places = sorted(
                path
                for pattern in ("lib/*-linux-gnu", "usr/lib/*-linux-gnu", "usr/lib64", "usr/local/lib", "lib", "lib64")
                for path in root.glob(f"{pattern}/{Path(name).name}")
            )
            if not places:
                raise Missing(f"the shared library {name}")
            found[to] = places[0].resolve()
            waiting.append(found[to])
    return found


def compiled(path: Path, to: Path, shown: str) -> None:
    """Compiles a module to bytes that depend on nothing but its text."""
    to.parent.mkdir(parents=True, exist_ok=True)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(path), str(to), shown, doraise=True, invalidation_mode=mode)


def settle(folder: Path) -> None:
    """Gives everything in a folder one time and the modes that all may read with."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        os.utime(path, (EPOCH, EPOCH))
    folder.chmod(0o755)
    os.utime(folder, (EPOCH, EPOCH))


def collect(python: Path, library: Path, source: Path, to: Path) -> None:
    """Makes the image's files.

    Args:
        python: the root of a file system that Python is installed in.
        library: the folder with the libraries.
        source: the folder with bakegen's package and templates.
        to: where the files go; there must be nothing yet.
    """
    program = next(
        path for prefix in ("usr/local", "usr") for path in [python / prefix / "bin" / PYTHON] if path.exists()
    )
    stdlib = program.parent.parent / "lib" / PYTHON
    folders = {
        source: "bakegen",
        library: "bakegen",
        stdlib: f"usr/lib/{PYTHON}",
        stdlib / "lib-dynload": f"usr/lib/{PYTHON}/lib-dynload",
    }
    modules = Modules(folders)
    modules.collect([one for root in ROOTS for one in expand(root, folders)])
    modules.check()
    for name, (path, place) in sorted(modules.found.items()):
        if path.suffix == ".so":
            (to / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to / place)
        else:
            compiled(path, to / f"{place}c", f"/{place}")
    shutil.copytree(source / "templates", to / "bakegen/bakegen/templates", ignore=shutil.ignore_patterns("*.md"))
    (to / "usr/bin").mkdir()
    shutil.copy(program, to / "usr/bin/python3")
    (to / f"usr/lib/{PYTHON}/lib-dynload").mkdir(exist_ok=True)  # Python says so where it does not find it
    binaries = [program, *(path for path, _ in modules.found.values() if path.suffix == ".so")]
    for place, path in libraries(binaries, python).items():
        (to / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to / place)
        (to / place).chmod(0o755)
    settle(to)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("python", "libraries", "source", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    found = importlib.machinery.BYTECODE_SUFFIXES, sys.version_info[:2]
    if found != ([".pyc"], tuple(int(part) for part in PYTHON.removeprefix("python").split("."))):
        raise SystemExit(f"the bytecode has to be made by {PYTHON}")
    try:
        collect(given.python, given.libraries, given.source, given.to)
    except Missing as problem:
        raise SystemExit(f"not found: {problem}") from None


if __name__ == "__main__":
    main()
