"""`bakegen branch`: which branch this is, what may be written, and why that is believed."""

from __future__ import annotations

import json
from typing import Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.options import BranchChoice, ProjectChoice, branch_options, format_option, project_options
from bakegen.errors import ExitCode


@click.command(
    "branch",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen branch": "a table, and the reasons",
            "bakegen branch --branch feature/x --untrusted": "what would be read and written there",
            "bakegen branch --format json": "",
            "docker buildx bake $(bakegen branch --targets)": "what this event builds, with plain bake",
        },
        exits={3: "git failed"},
        reads=PROJECT + ", .git",
        see="render build",
    ),
)
@project_options
@branch_options
@click.option("--targets", "only_targets", is_flag=True, help="Print what this event builds, and nothing else.")
@format_option("text", "json")
def command(only_targets: bool, format_: str, **options: Any) -> int:
    """Tell which branch and event this is, what is trusted, and why.

    Options come first, then the variables of the CI (GitHub, GitLab, Jenkins, CircleCI, Buildkite, Azure,
    Bitbucket), then git. What none of them tells stays unknown, and unknown is not trusted. The event says which
    targets are built (the setting `events`), and never what is trusted.
    """
    branch = BranchChoice.taken(options)
    workspace = ProjectChoice(**options).open()

    from bakegen.plan.branch import CachePolicy
    from bakegen.plan.events import names_for

    state = branch.detect(workspace)
    builds = names_for(state.event, workspace.project.settings.events, workspace.plan)
    if only_targets:
        console.write(" ".join(builds) + "\n")
        return ExitCode.CLEAN
    written = workspace.project.settings.cache.get("policy")
    policy = CachePolicy.BRANCH if written is None else CachePolicy(written.value)
    reads = [name for name, _ in state.cache_sources(policy, workspace.project.settings.fallbacks.value)]
    writes = state.slug if state.writes_cache(policy) else None
    facts = {
        "provider": state.provider,
        "branch": state.branch,
        "base": state.base,
        "default": state.default,
        "pull_request": state.pull_request,
        "tag": state.is_tag,
        "event": str(state.event),
        "builds": list(builds),
        "trusted": state.trusted,
        "reads_caches_of": reads,
        "writes_cache_as": writes,
    }
    if format_ == "json":
        console.write(json.dumps({**facts, "reasons": list(state.reasons)}, indent=2, ensure_ascii=False) + "\n")
        return ExitCode.CLEAN
    rows = [[name.replace("_", " "), _words(value)] for name, value in facts.items()]
    console.write(console.table(["fact", "value"], rows))
    console.write("\nWhy:\n" + "".join(f"  {reason}\n" for reason in state.reasons))
    return ExitCode.CLEAN


def _words(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
