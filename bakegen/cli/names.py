"""Types of arguments and options that a shell can complete: what they take is checked by the command, not here.

A command declares one, ``click.argument("targets", nargs=-1, type=TARGETS)``, and pressing tab lists the names of the
project. What goes wrong then (no project, a definition with a mistake) lists nothing: a shell is no place for messages.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.shell_completion import CompletionItem

    from bakegen.plan.model import Plan

    Known = Callable[[click.Context], Iterable[tuple[str, str]]]


if TYPE_CHECKING:
    _Text = click.ParamType[str]
else:  # older releases of click have no such form
    _Text = click.ParamType


class Names(_Text):
    """A text, and where the texts that can stand there come from.

    Args:
        name: what it is, in the singular.
        known: gives the names with what each is (may be empty); anything it raises means that there are none.
        listed: several can be given, with commas in between.
    """

    def __init__(self, name: str, known: Known, *, listed: bool = False) -> None:
        self.name = name
        self._known = known
        self._listed = listed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, word = incomplete.rpartition(",") if self._listed else ("", "", incomplete)
        try:
            found = list(self._known(ctx))
        except Exception:  # of whatever kind: see the module's docstring
            return []
        given = set(before.split(",")) if comma else _given(ctx, param)
        kept = [(name, said) for name, said in found if name.startswith(word) and name not in given]
        return [CompletionItem(f"{before}{comma}{name}", help=said or None) for name, said in kept]


def _given(ctx: click.Context, param: click.Parameter) -> set[str]:
    """What stands on the line already, where the same can be said several times."""
    value = ctx.params.get(param.name or "")
    return {str(one) for one in value} if isinstance(value, tuple | list) else set()


def _plan(ctx: click.Context) -> Plan:
    from bakegen.cli.options import ProjectChoice
    from bakegen.workspace.files import ProjectFiles
    from bakegen.workspace.project import find_root, open_files

    given = ctx.params
    choice = ProjectChoice(Path(given.get("project") or "."), given.get("registry"), given.get("sets") or (), ())
    return open_files(ProjectFiles(find_root(choice.project)), os.environ, choice.settings, rewriting=False).plan


def _targets(ctx: click.Context) -> list[tuple[str, str]]:
    return [(name, f"a target of {target.variant.image}") for name, target in _plan(ctx).targets.items()]


def _groups_and_targets(ctx: click.Context) -> list[tuple[str, str]]:
    plan = _plan(ctx)
    groups = [(name, f"{len(members)} targets") for name, members in plan.groups.items() if name not in plan.targets]
    return [*groups, *((name, f"a target of {target.variant.image}") for name, target in plan.targets.items())]


def _artifacts(ctx: click.Context) -> list[tuple[str, str]]:
    return [(title, f"an artifact of {artifact.owner}") for title, artifact in _plan(ctx).artifacts.items()]


def _images_locked(ctx: click.Context) -> list[tuple[str, str]]:
    bases = (base for target in _plan(ctx).targets.values() for base in target.bases)
    return [(base, "a base image") for base in dict.fromkeys(bases)]


def _rules(ctx: click.Context) -> list[tuple[str, str]]:
    from bakegen.rules.discovery import entries

    every = entries()
    return [*((one.code, one.name) for one in every), *((one.name, one.code) for one in every)]


def _rewrites(ctx: click.Context) -> list[tuple[str, str]]:
    from bakegen.rewrites.driver import rewrites

    return [(one.name, one.summary) for one in rewrites()]


def _commands(ctx: click.Context) -> list[tuple[str, str]]:
    from bakegen.cli.help_page import summary

    found, group = ctx.find_root(), ctx.find_root().command
    for word in ctx.params.get("words") or ():
        one = group.get_command(found, word) if isinstance(group, click.Group) else None
        if one is None:
            return []
        group = one
    if not isinstance(group, click.Group):
        return []
    below = ((name, group.get_command(found, name)) for name in group.list_commands(found))
    return [(name, summary(one)) for name, one in below if one is not None]


def _report_formats(ctx: click.Context) -> list[tuple[str, str]]:
    from bakegen.rules.formats import names

    return [(name, "") for name in names()]


def _providers(_: click.Context) -> list[tuple[str, str]]:
    from bakegen.workspace.ci_files import PROVIDERS

    return [(name, one.title) for name, one in PROVIDERS.items()]


def _folder(ctx: click.Context) -> Path:
    given = ctx.params.get("project")
    return Path(given) if given else Path()


def _branches(ctx: click.Context) -> list[tuple[str, str]]:
    from bakegen.workspace.refs import branches

    return [(name, "a branch") for name in branches(_folder(ctx))]


def _revisions(ctx: click.Context) -> list[tuple[str, str]]:
    from bakegen.workspace.refs import revisions

    return list(revisions(_folder(ctx)))


def _builders(ctx: click.Context) -> list[tuple[str, str]]:
    config = Path(os.environ.get("BUILDX_CONFIG") or Path(_docker_config()) / "buildx")
    return [("default", ""), *((path.name, "") for path in sorted((config / "instances").iterdir()))]


def _docker_config() -> str:
    return os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")  # noqa: PTH111, without a home it stays


_PLATFORMS = (
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/386",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
)
_GRANTS = ("network.host", "security.insecure", "ssh", "fs.read=", "fs.write=", "fs=")

COMMAND = Names("command", _commands)
"""A command, or one below the commands that stand before it."""

TARGET = Names("target", _targets)
"""One target of the project."""

TARGETS = Names("target", _groups_and_targets)
"""A target or group of the project; for arguments and options that take several, globs too."""

ARTIFACT = Names("artifact", _artifacts)
"""An artifact of the project, as TARGET/NAME."""

BASE = Names("image", _images_locked)
"""A base image of the project."""

PROVIDER = Names("provider", _providers)
"""A provider of CI that `bakegen ci` has a file for."""

RULE = Names("rule", _rules)
"""A rule of the linter, by code or name."""

RULES = Names("rules", _rules, listed=True)
"""Rules of the linter, with commas in between."""

REWRITE = Names("rewrite", _rewrites)
"""A rewrite, by name."""

REWRITES = Names("rewrites", _rewrites, listed=True)
"""Rewrites, with commas in between."""

REPORT_FORMAT = Names("format", _report_formats)
"""A format of `bakegen lint`."""

BRANCH = Names("branch", _branches)
"""A branch of the repository, as the CI calls it: without the remote's name."""

REVISION = Names("revision", _revisions)
"""A branch or tag of the repository, as git takes it."""

BUILDER = Names("builder", _builders)
"""A builder of buildx."""

PLATFORM = Names("platform", lambda _: ((name, "") for name in _PLATFORMS))
"""A platform; every other is taken, too."""

GRANT = Names("grant", lambda _: ((name, "") for name in _GRANTS))
"""What a build can be granted."""
