"""`bakegen branch`: which branch this is, what may be written, and why that is believed."""

from __future__ import annotations

import json

import click

from bakegen.cli import console
from bakegen.cli.options import BranchChoice, ProjectChoice, branch_options, project_options
from bakegen.errors import ExitCode


@click.command("branch")
@project_options
@branch_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str, **options: object) -> int:
    """Tell which branch this is, what is trusted, and why.

    Options come first, then the variables of the CI (GitHub, GitLab, Jenkins, CircleCI, Buildkite, Azure,
    Bitbucket), then git. What none of them tells stays unknown, and unknown is not trusted.
    """
    branch = BranchChoice(**{name: options.pop(name) for name in ("branch", "base", "default_branch", "trusted")})  # type: ignore[arg-type]
    workspace = ProjectChoice(**options).open()  # type: ignore[arg-type]

    from bakegen.plan.branch import CachePolicy

    state = branch.detect(workspace)
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
