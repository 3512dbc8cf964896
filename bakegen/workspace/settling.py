"""What one build adds to the committed file: content keys, and templates that see branch, commit and run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.diagnostics import error, warning
from bakegen.errors import InputError
from bakegen.plan.caches import choose_caches, references_to_ask
from bakegen.plan.model import TargetKind
from bakegen.plan.names import slug
from bakegen.templating.failure import TemplateFailure
from bakegen.templating.text import explain_at, render_text
from bakegen.workspace.git import git_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bakegen.diagnostics import Diagnostic
    from bakegen.matrix.model import Variant
    from bakegen.plan.branch import BranchState
    from bakegen.plan.caches import ChosenCaches
    from bakegen.plan.model import Plan
    from bakegen.workspace.contents import Contents
    from bakegen.workspace.project import Workspace

# Where each CI says which run this is; the first one that is set counts.
_RUN_IDS = ("GITHUB_RUN_ID", "CI_PIPELINE_ID", "BUILD_ID", "CIRCLE_WORKFLOW_ID", "BUILDKITE_BUILD_ID", "BUILD_BUILDID")
_RUN_URLS = ("CI_PIPELINE_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL")
_TAG_NAMES = ("CI_COMMIT_TAG", "TAG_NAME", "CIRCLE_TAG", "BUILDKITE_TAG", "BITBUCKET_TAG")


@dataclass(frozen=True)
class Settled:
    """What is read, and by target name: content keys, references that replace the computed ones, labels."""

    caches: ChosenCaches
    keys: Mapping[str, str]
    tags: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Mapping[str, str]]
    warnings: tuple[Diagnostic, ...]


def settle(
    contents: Contents,
    state: BranchState,
    *,
    ask_registry: bool,
    objects: bool,
    built: Collection[str] | None = None,
) -> Settled:
    """The facts of this build.

    Args:
        contents: the part of the plan that is wanted.
        state: the branch.
        ask_registry: whether to ask registries which caches exist.
        objects: whether the bake file can hold replaceable references.
        built: the images whose caches matter; all without it.

    Raises:
        InputError: a template fails, or a tag of this branch is one that the default branch writes.
    """
    workspace, plan = contents.workspace, contents.plan
    settings = workspace.project.settings
    keys = contents.keys if state.trusted and settings.registry.value is not None else {}
    every = settings.ancestors.value > 0
    wanted = references_to_ask(plan, state, every=every, among=built) if ask_registry else ()
    caches, doubts = _caches(plan, state, sorted(set(wanted)), objects=objects)
    facts = _facts(workspace, state)
    tags: dict[str, tuple[str, ...]] = {}
    labels: dict[str, Mapping[str, str]] = {}
    problems: list[Diagnostic] = []
    protected = {reference for target in plan.targets.values() for reference in target.tags}
    for name, target in plan.targets.items():
        if target.kind is not TargetKind.IMAGE:
            continue
        variant = target.variant
        context = {**variant.template_context(), **facts}
        found = {
            key: text
            for key, raw in variant.mapping("ci-labels").items()
            if (text := _rendered(variant, f"ci-labels.{key}", raw, context, problems))
        }
        if found:
            labels[name] = found
        if state.is_default or not (state.slug or state.is_tag):
            continue
        references = tuple(
            text
            for index, raw in enumerate(variant.texts("branch-tags"))
            if (text := _rendered(variant, f"branch-tags[{index}]", raw, context, problems))
        )
        for index, reference in enumerate(references):
            if reference in protected:
                problems.append(
                    error(
                        "branch-tag",
                        f"{reference} is a tag of the default branch, and this is another one",
                        variant.place(f"branch-tags[{index}]"),
                        help="put {{ branch }} into the template",
                    )
                )
        if references:
            tags[name] = references
    if problems:
        raise InputError(dict.fromkeys(problems))
    return Settled(caches, keys, tags, labels, (*contents.contexts.diagnostics, *doubts))


def _caches(
    plan: Plan, state: BranchState, wanted: list[str], *, objects: bool
) -> tuple[ChosenCaches, tuple[Diagnostic, ...]]:
    if not wanted:
        return choose_caches(plan, state, lambda reference: None, objects=objects), ()
    from bakegen.workspace.registry import probe

    probed = probe(wanted)
    caches = choose_caches(
        plan, state, lambda one: None if one in probed.unknown else one in probed.existing, objects=objects
    )
    if not probed.unknown:
        return caches, ()
    reference, reason = next(iter(probed.unknown.items()))
    return caches, (
        warning(
            "registry-unknown",
            f"{len(probed.unknown)} of {len(wanted)} caches could not be asked for, such as {reference}: {reason}",
            help="several caches are read together instead of the nearest one, which misses some steps at times",
        ),
    )


def _rendered(variant: Variant, path: str, raw: str, context: Mapping[str, object], problems: list[Diagnostic]) -> str:
    try:
        return render_text(raw, context)
    except TemplateFailure as failure:
        problems.append(explain_at(failure, variant.place(path)))
        return ""


def _facts(workspace: Workspace, state: BranchState) -> dict[str, object]:
    """The names that only `branch-tags` and `ci-labels` see.

    `branch` is the branch's name in tags, `tag` that of the git tag or else of the branch.
    """
    git = git_facts(workspace.root)
    own = state.slug or ""
    git_tag = _first(_TAG_NAMES) or (os.environ.get("GITHUB_REF_NAME", "") if state.is_tag else "")
    revision = git.revision or ""
    return {
        "branch": own,
        "tag": slug(git_tag) if state.is_tag and git_tag else own,
        "git": {"commit": revision, "short": revision[:12], "branch": state.branch or "", "tag": git_tag},
        "ci": {
            "provider": state.provider,
            "run_id": _first(_RUN_IDS),
            "run_url": _first(_RUN_URLS),
            "pull_request": state.pull_request or "",
        },
    }


def _first(names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := os.environ.get(name))), "")
