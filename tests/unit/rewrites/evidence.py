"""Evidence out of the files that a test or an example names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.facts.context import ListedContext, MemoryFolder
from bakegen.facts.model import Evidence, PlatformFacts
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.rewrites.driver import Outcome
    from bakegen.rewrites.model import Example

PLAIN = PlatformFacts(
    digest="sha256:" + "0" * 64,
    env=(("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),),
    distribution="debian",
    version="13",
    symlinks={"/bin": "usr/bin", "/lib": "usr/lib", "/lib64": "usr/lib64", "/sbin": "usr/sbin"},
    listings={
        "/": ("boot", "dev", "etc", "home", "media", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp", "usr",
              "var"),
        "/home": (), "/opt": (), "/root": (), "/srv": (),
        "/usr": ("bin", "games", "include", "lib", "lib64", "libexec", "local", "sbin", "share", "src"),
        "/usr/local": ("bin", "etc", "games", "include", "lib", "libexec", "sbin", "share", "src"),
        "/usr/local/bin": (), "/var": ("backups", "cache", "lib", "local", "log", "mail", "opt", "spool", "tmp"),
        "/var/cache": ("apt", "debconf"),
    },
    users={"root": 0, "nobody": 65534},
    groups={"root": 0},
    homes={"root": "/root", "nobody": "/nonexistent"},
)  # fmt: skip
"""A Debian image as the lock file describes it, less the odd directories."""


class Changes:
    """History that a test makes up: path -> number of changes."""

    def __init__(self, changes: Mapping[str, int]) -> None:
        self._changes = changes

    def changes(self, path: str, exclude: Sequence[str] = ()) -> int | None:
        """The sum of all that is at or below `path`."""
        path = path.strip("/").removeprefix("./")
        return sum(
            count
            for name, count in self._changes.items()
            if path in ("", ".") or name == path or name.startswith(path + "/")
        )


def evidence(
    files: Mapping[str, str] | None = None,
    bases: Mapping[str, PlatformFacts] | None = None,
    changes: Mapping[str, int] | None = None,
    ignore: str = "",
) -> Evidence:
    """Evidence: no context without `files`, no history without `changes`."""
    rules = IgnoreFile.parse(Source(".dockerignore", ignore))
    context = ListedContext(MemoryFolder(files), rules) if files else None
    return Evidence(dict(bases or {}), context, Changes(changes) if changes else None)


def run_example(name: str, example: Example, *, text: str | None = None) -> Outcome:
    """What the rewrite `name` alone makes of an example, or of another text in its place."""
    return rewrite(
        Source("Dockerfile", example.before if text is None else text),
        evidence(example.files, example.bases, example.changes, example.ignore),
        level=example.level,
        only=(name,),
        ignore=example.ignore,
        project="example",
        strict=True,
    )
