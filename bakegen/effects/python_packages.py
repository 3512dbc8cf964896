"""What pip, uv and poetry share: where Python packages install, requirements files, variables.

Source: pip's documentation (configuration, requirements files), the sysconfig installation paths of Python's manual.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.manifests.requirements import is_remote, local_path, read_requirements, requirement
from bakegen.effects.model import Names
from bakegen.effects.places import entry
from bakegen.effects.toolbox import COMPILERS, NETWORK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.effects.toolbox import Sheet

VARIABLES = NETWORK | COMPILERS | Names.of(
    "PIP_*", "PYTHON*", "VIRTUAL_ENV", "CONDA_*", "SETUPTOOLS_*", "DISTUTILS_*", "CYTHON*", "NPY_*", "RUSTFLAGS",
    "CARGO_*", "RUSTUP_*", "PYO3_*", "MATURIN_*", "SKBUILD_*", "GRPC_PYTHON_*", "PSYCOPG_*", "CRYPTOGRAPHY_*",
    "KEYRING_*", "FORCE_COLOR", "HATCH_*", "FLIT_*", "PDM_*", "PBR_*", "MESON*", "TORCH_*", "CUDA_*", "_PYTHON_*",
)  # fmt: skip
"""Variables of Python's package managers, and of what builds packages from source."""

SYSTEM = ("/usr/local", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/include", "/usr/share", "/usr/etc", "/usr/man")
_NOT_A_PREFIX = frozenset(("/", "/usr", "/usr/local", "/usr/games", "/usr/local/games"))
_PYTHONS = ("python", "pypy")


def prefixes(sheet: Sheet) -> tuple[str, ...]:
    """The directories that hold ``bin`` and ``lib`` of the Pythons that the command may belong to.

    A program called by its path tells; else every directory of PATH is one, and the system's places always are.
    """
    program = sheet.call.program
    if "/" in program:
        prefix = posixpath.dirname(posixpath.dirname(sheet.path(program)))
        if prefix not in _NOT_A_PREFIX:
            return (prefix,)
    found = dict.fromkeys(SYSTEM)
    path = sheet.around.environment.get("PATH") or ""
    for directory in path.split(":"):
        if directory.startswith("/") and posixpath.basename(directory.rstrip("/")) in ("bin", "sbin"):
            prefix = posixpath.dirname(directory.rstrip("/"))
            if prefix not in _NOT_A_PREFIX:
                found[sheet.path(prefix)] = None
    virtual = sheet.setting("VIRTUAL_ENV")
    if virtual:
        found[sheet.path(virtual)] = None
    if "PATH" in sheet.around.unsure:
        sheet.assume("the base image's Python installs below /usr or /usr/local")
    return tuple(found)


def install_into(sheet: Sheet, places: Iterable[str]) -> None:
    """Packages come into these prefixes; what is there already counts."""
    for place in places:
        sheet.look_tree(place)
        sheet.write(place)


def interpreter(sheet: Sheet) -> None:
    """Python starts: it looks for start-up files, and ``python -m`` looks for modules in the working directory."""
    program = posixpath.basename(sheet.call.program)
    if program.startswith(_PYTHONS):
        sheet.assume("no file in the working directory has the name of a module that Python or pip imports")
    for directory in (sheet.setting("PYTHONPATH") or "").split(":"):
        if directory.startswith("/"):
            real = sheet.path(directory)
            sheet.reads |= {entry(posixpath.join(real, name)) for name in ("sitecustomize.py", "usercustomize.py")}
            sheet.assume(f"{real} on PYTHONPATH holds no installed package and no module that Python or pip imports")
    if sheet.setting("PYTHONHOME"):
        raise Opaque("PYTHONHOME moves Python's own files")


def project(sheet: Sheet, path: str, *, editable: bool = False) -> None:
    """A local directory is built and installed: its code runs."""
    real = sheet.path(path)
    how = "installs the project in it in editable form" if editable else "builds and installs the project in it"
    sheet.obstacle(f"{sheet.tool} {how}: {real}", anything=True)


def checkout(sheet: Sheet, prefix: Iterable[str], source: str | None) -> None:
    """A repository is checked out to stay: into ``src`` of the virtual environment or of the working directory."""
    if source:
        sheet.write(source)
        return
    for one in (*prefix, "."):
        if one not in SYSTEM:
            sheet.write(posixpath.join(one, "src"))


def single(sheet: Sheet, text: str) -> bool:
    """One requirement of a command line; whether version and hash of it are given."""
    found = requirement(text)
    if not found.local:
        return found.pinned
    if found.archive:
        sheet.archive(found.local)
    elif sheet.is_missing(found.local) or "/" in found.local or found.local.startswith("."):
        project(sheet, found.local)
    return False


def links(sheet: Sheet, path: str, beside: str = "") -> None:
    """``--find-links``: a directory of packages, or an index page."""
    if is_remote(path):
        return
    path = local_path(path)
    real = sheet.look_tree(path)
    if beside and not path.startswith("/"):
        real = sheet.look_tree(posixpath.join(beside, path))
    sheet.obstacle(f"packages are taken from the directory {real}")


def follow(sheet: Sheet, path: str, *, constraint: bool = False) -> bool:
    """Reads a requirements file and all that it refers to; whether every requirement has a hash."""
    if is_remote(path) or path.startswith(("http:", "https:")):
        return False
    path = local_path(path)
    if path == "-":
        raise Opaque("the requirements come from standard input")
    if sheet.seen(path):
        return True
    source = sheet.manifest(path)
    if source is None:
        return False
    said = read_requirements(source.text, sheet.setting)
    beside = posixpath.dirname(path)
    hashed = True
    for problem in said.problems:
        sheet.unknown(f"{problem} in {sheet.path(path)}")
        sheet.anything()
    for nested in said.nested:
        hashed &= follow(sheet, _beside(beside, nested), constraint=constraint)
    for nested in said.constraints:
        follow(sheet, _beside(beside, nested), constraint=True)
    for directory in said.links:
        links(sheet, directory, beside)
    if constraint:
        return hashed
    for text in said.editable:
        hashed = False
        if is_remote(text):
            checkout(sheet, prefixes(sheet), None)
        else:
            project(sheet, local_path(text).partition("[")[0], editable=True)
    for one in said.requirements:
        if one.local and one.archive:
            sheet.archive(one.local)
        elif one.local:
            project(sheet, one.local)
        hashed = hashed and (one.pinned or said.hashes)
    return hashed


def _beside(directory: str, path: str) -> str:
    return path if is_remote(path) or path.startswith("file:") else posixpath.join(directory, path)
