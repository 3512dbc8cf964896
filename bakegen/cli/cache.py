"""`bakegen cache`: what a project has in its registries, how large it is, and the removal of what nobody needs."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bakegen.cli import console
from bakegen.cli.cache_sharing import sharing_command
from bakegen.cli.cache_tables import listed, listed_json, pruned, pruned_json, sized, sized_json
from bakegen.cli.manual import PROJECT, Group, Manual
from bakegen.cli.names import BRANCH
from bakegen.cli.options import BranchChoice, ProjectChoice, format_option, project_options
from bakegen.errors import EngineError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.workspace.pruning import BranchSource, Holder, Holdings

    _Seconds = click.ParamType[float]
else:  # older releases of click have no such form
    _Seconds = click.ParamType

F = TypeVar("F", bound="Callable[..., Any]")
_AGE = re.compile(r"([0-9]{1,6})\s*(m|h|d|w)", re.ASCII)
_BRANCHES = "--default-branch --branches --remote --pull-requests"
_READS = PROJECT + ", the registry, the branches of the remote"
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


class _Age(_Seconds):
    """``90m``, ``12h``, ``30d``, ``2w``: in seconds."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        if (match := _AGE.fullmatch(str(value).strip())) is None:
            self.fail(f"{value!r} is no age: write 90m, 12h, 30d or 2w", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


def _source_options(command: F) -> F:
    """The project, and where it is known from which branches are there."""
    for option in reversed(
        (
            click.option(
                "--default-branch", type=BRANCH, metavar="NAME", help="The branch whose references always stay."
            ),
            click.option(
                "--branches",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="The branches that are there, one a line, or what `git ls-remote --heads` prints; - is standard "
                "input. Without it the remote is asked.",
            ),
            click.option("--remote", default="origin", metavar="NAME", help="The remote to ask. [default: origin]"),
            click.option(
                "--pull-requests",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="The numbers of open pull requests, one a line, or the word none. Without it all of them stay.",
            ),
            format_option("table", "json"),
        )
    ):
        command = option(command)
    return project_options(command)


@click.group(
    "cache",
    cls=Group,
    manual=Manual(
        examples={
            "bakegen cache size": "how much there is",
            "bakegen cache prune": "what could go",
            "bakegen cache sharing": "what images have in common",
        },
        exits={3: "a registry or the remote failed"},
        reads=_READS,
        see="build",
    ),
)
def command() -> None:
    """Show and clean what the project has in its registries.

    Caches of branches, images under their tags and content keys. Reading needs no engine, only the logins of docker.
    """


command.add_command(sharing_command)


@command.command(
    "list",
    manual=Manual(
        examples={"bakegen cache list": "a table", "bakegen cache list --format json": "for scripts"},
        headings={"Branches": _BRANCHES},
        exits={3: "a registry or the remote failed"},
        reads=_READS,
        see="cache/size cache/prune",
    ),
)
@_source_options
def list_command(format_: str, **options: Any) -> int:
    """List references by image, with branch, age and bytes.

    OWN is what removing that one reference would free, SHARED what others need as well. AGE is that of what was
    built, the newest that the registry tells; a cache that was written again without a new step looks older.
    """
    holder, source = _opened(options)
    holdings = holder.look(source)
    shown = listed if format_ == "table" else listed_json
    console.write(shown(holdings, time.time()))
    return _told(holdings)


@command.command(
    "size",
    manual=Manual(
        examples={"bakegen cache size": "a table", "bakegen cache size --format json": "in bytes"},
        headings={"Branches": _BRANCHES},
        exits={3: "a registry or the remote failed"},
        reads=_READS,
        see="cache/list cache/prune cache/sharing",
    ),
)
@_source_options
def size_command(format_: str, **options: Any) -> int:
    """Sum up bytes by image, kind and branch, each counted once.

    SIZE is what the references of a line have, each layer once; OWN is what removing them all would free.
    """
    holder, source = _opened(options)
    holdings = holder.look(source)
    console.write((sized if format_ == "table" else sized_json)(holdings))
    return _told(holdings)


@command.command(
    "prune",
    manual=Manual(
        examples={
            "bakegen cache prune": "what would go, and why",
            "bakegen cache prune --older-than 7d --yes": "removes it",
            "bakegen cache prune --kind cache --kind key": "content keys that no branch has, too",
            "git ls-remote --heads origin | bakegen cache prune --branches - --yes": "with a list of branches",
        },
        headings={
            "What goes": "--kind --older-than --grace --keep-newest --tag-budget --all-targets --max-delete --yes",
            "Branches": _BRANCHES,
            "Output": "--format --all",
        },
        exits={
            0: "done, or nothing to do",
            2: "bad input, or a list of branches that cannot be right",
            3: "a registry or the remote failed, or does not allow deletion",
        },
        reads=_READS,
        see="cache/list cache/size",
    ),
)
@_source_options
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(["cache", "image", "key"]),
    help="What may go; can be repeated. [default: cache]",
)
@click.option("--older-than", type=_Age(), metavar="AGE", help="Only what is older: 12h, 30d. [default: 14d for keys]")
@click.option("--grace", type=_Age(), default="2h", metavar="AGE", help="Nothing younger goes, ever. [default: 2h]")
@click.option("--keep-newest", type=click.IntRange(0), default=0, metavar="N", help="Of each target, N stay anyway.")
@click.option(
    "--tag-budget",
    type=click.IntRange(1),
    metavar="N",
    help="Where a repository has more tags: the oldest caches of branches that are there go as well.",
)
@click.option("--all-targets", is_flag=True, help="Also caches of targets that the project does not have (any more).")
@click.option("--max-delete", type=click.IntRange(0), metavar="N", help="Remove none if it were more. [default: 100]")
@click.option("--yes", is_flag=True, help="Remove it; without this it is only shown.")
@click.option("--all", "everything", is_flag=True, help="Show what stays, too, and why.")
def prune_command(
    format_: str,
    kinds: tuple[str, ...],
    older_than: float | None,
    grace: float,
    keep_newest: int,
    tag_budget: int | None,
    all_targets: bool,
    max_delete: int | None,
    yes: bool,
    everything: bool,
    **options: Any,
) -> int:
    """Remove references of branches that are gone; without --yes only say which, and why.

    Never removed: what the default branch has, what any reference that stays needs, what bakegen has not written, what
    is new or of unknown age. Registries give the bytes back when they collect garbage.
    """
    holder, source = _opened(options)

    from bakegen.pruning.model import Kind
    from bakegen.pruning.policy import Policy
    from bakegen.workspace.pruning import MAX_DELETE

    policy = Policy(frozenset(map(Kind, kinds or ("cache",))), older_than, grace, keep_newest, tag_budget)
    selection, holdings = holder.plan(source, policy, all_targets=all_targets)
    most = MAX_DELETE if max_delete is None else max_delete
    count = len(selection.selected)
    act = yes and 0 < count <= most
    removed = holder.remove(selection, holdings, say=console.say) if act else None
    if format_ == "json":
        console.write(pruned_json(selection, holdings, removed))
    else:
        console.write(pruned(selection, holdings, time.time(), everything=everything, removed=removed))
    for note in selection.notes:
        console.say(f"note: {note}")
    if yes and count > most:
        raise EngineError(f"more would go than --max-delete {most} ({count}): nothing was removed")
    for failure in removed.failures if removed is not None else ():
        console.say(f"error: {failure}")
    return ExitCode.ENGINE if removed is not None and removed.failures else ExitCode.CLEAN


def _opened(options: dict[str, Any]) -> tuple[Holder, BranchSource]:
    branch = BranchChoice(default_branch=options.pop("default_branch"))
    found = {name: options.pop(name) for name in ("branches", "remote", "pull_requests")}
    workspace = ProjectChoice(**options).open()

    from bakegen.workspace.pruning import BranchSource, Holder

    state = branch.detect(workspace)
    own = (state.branch,) if state.branch is not None else ()
    others = (*own, *workspace.project.settings.fallbacks.value)
    source = BranchSource(
        state.default, others, found["branches"], found["remote"], found["pull_requests"], state.pull_request or ""
    )
    return Holder(workspace), source


def _told(holdings: Holdings) -> int:
    """Says what could not be found out; the exit code."""
    for problem in holdings.problems:
        console.say(f"warning: {problem}")
    return ExitCode.CLEAN if holdings.inventory.refs or not holdings.problems else ExitCode.ENGINE
