"""The file that runs bakegen in a CI: which provider a repository uses, and the file with the project's own values."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen import __version__
from bakegen.definition.events import BuildEvent
from bakegen.definition.origin import Layer
from bakegen.diagnostics import error, warning
from bakegen.errors import InputError
from bakegen.plan.events import names_for
from bakegen.templating.ci_files import ci_file
from bakegen.workspace.git import Git, GitProblem, git_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.diagnostics import Diagnostic
    from bakegen.workspace.project import Workspace

SOURCE = "bakegen/bakegen"
"""Owner and name of the repository that has the action and the component, where nothing else is said."""

_PLAIN = re.compile(r"[\w./@+# :-]*")
_BAKE_FILES = ("docker-bake.hcl", "docker-bake.json")


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of CI.

    `template` is the file's name in ``templates/ci``, `path` where it usually stands in a repository. A repository
    that has one of `signs` uses this provider. `registry` is the provider's own, where it has one; `docker_image` is
    whether jobs run in one of docker's own images.
    """

    name: str
    title: str
    template: str
    path: str
    signs: tuple[str, ...]
    registry: str = ""
    docker_image: bool = False


PROVIDERS: Mapping[str, Provider] = {
    one.name: one
    for one in (
        Provider(
            "github", "GitHub Actions", "github.yml", ".github/workflows/images.yml", (".github/workflows",),
            "ghcr.io/OWNER/NAME",
        ),
        Provider(
            "gitlab", "GitLab CI", "gitlab.yml", ".gitlab-ci.yml", (".gitlab-ci.yml", ".gitlab"),
            "registry.gitlab.com/GROUP/NAME",
        ),
        Provider("jenkins", "Jenkins", "Jenkinsfile", "Jenkinsfile", ("Jenkinsfile",)),
        Provider("circleci", "CircleCI", "circleci.yml", ".circleci/config.yml", (".circleci",)),
        Provider("buildkite", "Buildkite", "buildkite.yml", ".buildkite/pipeline.yml", (".buildkite",)),
        Provider("azure", "Azure Pipelines", "azure.yml", "azure-pipelines.yml", ("azure-pipelines.yml",)),
        Provider(
            "bitbucket", "Bitbucket Pipelines", "bitbucket.yml", "bitbucket-pipelines.yml",
            ("bitbucket-pipelines.yml",), docker_image=True,
        ),
    )
}  # fmt: skip
"""Every provider by the name that `bakegen ci` takes."""


def repository_root(folder: Path) -> Path:
    """The top folder of the repository that `folder` is in, or `folder` itself outside of any."""
    return Path(git_facts(folder).root or folder).resolve()


def used(folder: Path) -> tuple[str, ...]:
    """The names of the providers that the repository around `folder` has files of."""
    root = repository_root(folder)
    return tuple(name for name, one in PROVIDERS.items() if any((root / sign).exists() for sign in one.signs))


def file_for(workspace: Workspace, provider: Provider, source: str = "") -> tuple[str, tuple[Diagnostic, ...]]:
    """The text of the file for `provider`, and what to know about it.

    Args:
        workspace: the project that it builds.
        provider: whose file it is.
        source: ``OWNER/NAME[@REF]`` of the repository that has the action and the component; `SOURCE` and the tag of
            this version without it.

    Raises:
        InputError: a value of the project cannot stand in such a file.
    """
    notes: list[Diagnostic] = []
    registry = _registry(workspace, provider, notes)
    project = Path(workspace.root).resolve().relative_to(repository_root(workspace.root)).as_posix()
    repository, _, ref = (source or SOURCE).partition("@")
    ref = ref or f"v{__version__}"
    names = {
        "version": __version__,
        "action": f"{repository}@{ref}",
        "component": f"{repository}/bakegen@{ref}",
        "registry": registry,
        "host": registry.partition("/")[0],
        "default_branch": _default_branch(workspace, notes),
        "project": project,
    }
    for name, value in names.items():
        # Each provider evaluates texts in its own way; what none of them does anything with is enough.
        if not _PLAIN.fullmatch(value):
            said = f"{value!r} ({name.replace('_', ' ')}) cannot stand in a file for a CI"
            raise InputError([error("unfit-name", said, help="letters, digits, blanks and . / _ - + # : @ can")])
    values: dict[str, object] = {
        **names,
        "committed": _tracked(workspace.root),
        "where": f" --project {shlex.quote(project)}" if project != "." else "",
        "builds": _builds(workspace),
        # A job that runs in one of docker's own images has Alpine Linux, and an engine behind TLS.
        "docker_image": provider.docker_image,
    }
    values["setup"] = ci_file("setup.sh", values).rstrip("\n")
    return ci_file(provider.template, values), tuple(notes)


def _registry(workspace: Workspace, provider: Provider, notes: list[Diagnostic]) -> str:
    written = workspace.project.settings.registry.value
    if written is not None:
        return written
    example = provider.registry or "registry.example.com/team"
    message = "bakegen.yaml has no `registry`: builds of a CI have no caches then, and push nothing"
    help = f"write `registry: {example}` into it, and print this file again"
    notes.append(warning("no-registry", message, help=help))
    return example.lower()


def _default_branch(workspace: Workspace, notes: list[Diagnostic]) -> str:
    setting = workspace.project.settings.default_branch
    told = git_facts(workspace.root).default_branch if setting.origin.layer is Layer.BUILT_IN else setting.value
    if told is not None:
        return told
    message = f"nothing tells the default branch, so it is taken to be {setting.value!r}"
    help = "write `default-branch: NAME` into bakegen.yaml, and print this file again"
    notes.append(warning("default-branch", message, help=help))
    return setting.value


def _builds(workspace: Workspace) -> dict[str, str]:
    """What each event builds, in words."""
    events = workspace.project.settings.events
    return {str(event): _shortened(names_for(event, events, workspace.plan)) for event in BuildEvent}


def _tracked(folder: Path) -> bool:
    """Whether git has a bake file of the project in `folder`."""
    try:
        return bool(Git(folder).run("ls-files", "--", *_BAKE_FILES))
    except GitProblem:
        return False


def _shortened(names: tuple[str, ...]) -> str:
    return " ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
