"""Options that several commands share, declared once, and what they come to: the workspace and the branch."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bakegen.cli.names import BRANCH
from bakegen.definition.events import BuildEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bakegen.plan.branch import BranchState
    from bakegen.plan.model import Plan
    from bakegen.workspace.project import Workspace

F = TypeVar("F", bound="Callable[..., Any]")


def project_options(command: F) -> F:
    """`--project`, `--registry`, `--set`, `--allow-outside`."""
    for option in reversed(
        (
            click.option(
                "--project",
                type=click.Path(file_okay=False, path_type=Path),
                default=Path(),
                metavar="FOLDER",
                help="A folder in the project; the nearest bakegen.yaml at or above it counts. [default: .]",
            ),
            click.option(
                "--registry",
                metavar="HOST/PATH",
                help="Short for --set registry=HOST/PATH. [env: BAKEGEN_REGISTRY]",
            ),
            click.option(
                "--set",
                "sets",
                multiple=True,
                metavar="WHAT=VALUE",
                help="A project setting (push=never) or a field of images and variants (go-*.args.DEBUG=1). "
                "[env: BAKEGEN_SET, one a line]",
            ),
            click.option(
                "--allow-outside",
                multiple=True,
                metavar="FOLDER",
                help="A folder outside of the project that contexts and Dockerfiles may lie in.",
            ),
        )
    ):
        command = option(command)
    return command


def branch_options(command: F) -> F:
    """`--branch`, `--base`, `--default-branch`, `--trusted`, `--trust-tags`, `--event`."""
    for option in reversed(
        (
            click.option(
                "--branch", type=BRANCH, metavar="NAME", help="The branch; without it the CI's variables tell."
            ),
            click.option(
                "--base", type=BRANCH, metavar="NAME", help="The branch that a pull request would be merged into."
            ),
            click.option(
                "--default-branch", type=BRANCH, metavar="NAME", help="The branch whose caches all others read."
            ),
            click.option(
                "--trusted/--untrusted",
                "trusted",
                default=None,
                help="Whether this build may write caches and push; without it the CI's variables tell.",
            ),
            click.option(
                "--trust-tags",
                is_flag=True,
                help="Trust builds of git tags: push what `branch-tags` names.",
            ),
            click.option(
                "--event",
                type=click.Choice(list(map(str, BuildEvent))),
                help="What started this build; without it the CI's variables tell. [env: BAKEGEN_EVENT]",
            ),
        )
    ):
        command = option(command)
    return command


def for_event_option(command: F) -> F:
    """`--for-event`."""
    return click.option(
        "--for-event", is_flag=True, help="Take what the project builds on this event: the setting `events`."
    )(command)


def format_option(*choices: str, help: str = "How it is shown.") -> Callable[[F], F]:
    """`--format`, as the argument `format_`: one of `choices`, the first where it is not given."""
    return click.option(
        "--format", "format_", type=click.Choice(choices), default=choices[0], show_default=True, help=help
    )


def costs_option(command: F) -> F:
    """`--costs`."""
    return click.option(
        "--costs",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The bakegen-report.json of an earlier build, for what targets cost; the oldest first where several.",
    )(command)


@dataclass(frozen=True, slots=True)
class ProjectChoice:
    """What `project_options` were given as."""

    project: Path
    registry: str | None
    sets: tuple[str, ...]
    allow_outside: tuple[str, ...]

    def open(self) -> Workspace:
        """Reads the project; raises InputError."""
        from bakegen.workspace.project import open_workspace

        return open_workspace(self.project, os.environ, self.settings, self.allow_outside)

    @property
    def settings(self) -> tuple[str, ...]:
        """The values of `--set`, with what is short for some."""
        return self.sets if self.registry is None else (*self.sets, f"registry={self.registry}")


@dataclass(frozen=True, slots=True)
class BranchChoice:
    """What `branch_options` were given as."""

    branch: str | None = None
    base: str | None = None
    default_branch: str | None = None
    trusted: bool | None = None
    trust_tags: bool = False
    event: str | None = None

    @classmethod
    def taken(cls, options: dict[str, Any]) -> BranchChoice:
        """The choice, whose options are taken out of `options`."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls)})

    @property
    def given(self) -> bool:
        """Whether any that decides what is read and written was."""
        return any(value is not None for value in (self.branch, self.base, self.default_branch, self.trusted))

    def detect(self, workspace: Workspace) -> BranchState:
        """The branch, by these flags, the CI's variables and git, in this order."""
        from bakegen.definition.origin import Layer
        from bakegen.workspace.ci import BranchFlags, detect
        from bakegen.workspace.git import git_facts

        setting = workspace.project.settings.default_branch
        written = None if setting.origin.layer is Layer.BUILT_IN else setting.value
        flags = BranchFlags(
            self.branch, self.base, self.default_branch, self.trusted, event=self.event, trust_tags=self.trust_tags
        )
        return detect(os.environ, flags, git_facts(workspace.root), default_branch=written)


def assignments(given: Iterable[str], flag: str) -> dict[str, str]:
    """The values of an option that takes NAME=VALUE; the last one of a name counts.

    A build argument's NAME alone has the value of the environment variable, if there is one, as docker reads it.

    Raises:
        click.BadParameter: one is not of that form.
    """
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or (not equals and flag != "--build-arg"):
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=flag)
        if equals or name in os.environ:
            found[name] = value if equals else os.environ[name]
    return found


def chosen(plan: Plan, wanted: tuple[str, ...]) -> list[str]:
    """The target names that `wanted` (targets, groups, globs) means, in the plan's order; all without any.

    Raises:
        InputError: one of them means nothing.
    """
    from fnmatch import fnmatchcase

    from bakegen.diagnostics import did_you_mean, error
    from bakegen.errors import InputError

    if not wanted:
        return list(plan.targets)
    found: set[str] = set()
    problems = []
    for one in wanted:
        names = plan.groups.get(one) or [name for name in plan.targets if fnmatchcase(name, one)]
        if not names:
            known = [*plan.targets, *plan.groups]
            problems.append(
                error("unknown-target", f"no target or group is called {one!r}", help=did_you_mean(one, known))
            )
        found.update(names)
    if problems:
        raise InputError(problems)
    return [name for name in plan.targets if name in found]


def selected_by(
    selected: tuple[str, ...], for_event: bool, state: BranchState, workspace: Workspace
) -> tuple[str, ...]:
    """The names that were given, or with `--for-event` those that the event of `state` stands for, which are told.

    Raises:
        click.UsageError: both were given.
    """
    if not for_event:
        return selected
    if selected:
        raise click.UsageError("--for-event and names of targets exclude each other")
    from bakegen.cli import console
    from bakegen.plan.events import names_for

    names = names_for(state.event, workspace.project.settings.events, workspace.plan)
    console.say(f"{state.event}: {' '.join(names)}")
    return names


def images_to_build(plan: Plan, selected: tuple[str, ...]) -> list[str]:
    """The images that `selected` means as in `chosen`; without any those of the group default, or else all."""
    from bakegen.plan.model import TargetKind

    names = chosen(plan, selected) if selected else list(plan.groups.get("default", ())) or list(plan.targets)
    return [name for name in names if plan.targets[name].kind is TargetKind.IMAGE]
