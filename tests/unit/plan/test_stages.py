"""Stages that get a target without being named: which, under which names, and that names depend on nothing else."""

from __future__ import annotations

from bakegen.plan.model import TargetKind
from bakegen.plan.stages import inner_stages, with_checkpoints
from tests.unit.projects import plan_of

DOCKERFILE = """\
ARG FROM_STAGE=tools
FROM debian AS tools
RUN tools
FROM debian AS unused
FROM debian
RUN unnamed
FROM debian AS docs
RUN --mount=from=tools,target=/x docs
FROM $FROM_STAGE AS last
COPY --from=docs /x /x
COPY --from=2 /y /y
"""
FILES = {
    "bakegen.yaml": "registry: registry.example.com/team\n",
    "images/app/image.yaml": 'matrix: {axes: {v: ["1", "2"]}}\nargs: {V: "{{ v }}"}\n',
    "images/app/Dockerfile": DOCKERFILE,
    "images/tool/image.yaml": "stages: [Docs]\n",
    "images/tool/Dockerfile": DOCKERFILE,
}


def test_the_stages_inside_of_an_image() -> None:
    plan = plan_of(FILES)
    assert inner_stages(plan.targets["app-1"]) == ("tools", "docs")
    other = plan_of(FILES | {"images/app/image.yaml": "target: docs\n"})
    assert inner_stages(other.targets["app"]) == ("tools",)
    replaced = plan_of(FILES | {"images/app/image.yaml": "contexts: {tools: docker-image://debian}\n"})
    assert inner_stages(replaced.targets["app"]) == ("docs",)
    assert inner_stages(plan_of(FILES | {"images/app/Dockerfile": "FROM debian\n"}).targets["app-1"]) == ()


def test_variants_share_a_stage_whichever_of_them_is_known_to_cost_much() -> None:
    plan = plan_of(FILES)
    for name in ("app-1", "app-2"):
        found = with_checkpoints(plan, {name: ["tools"]})
        stages = [target.name for target in found.targets.values() if target.kind is TargetKind.STAGE]
        assert stages == ["app-stage-tools", "tool-stage-docs"]
        assert found.groups["stages"] == ("app-stage-tools", "tool-stage-docs")
        assert found.stages_of("app-1") == found.stages_of("app-2") == ("app-stage-tools",)
    files = FILES | {"images/app/Dockerfile": DOCKERFILE.replace("RUN tools", "ARG V\nRUN tools")}
    own = with_checkpoints(plan_of(files), {"app-1": ["tools"]})
    assert own.stages_of("app-2") == ("app-2-stage-tools",)


def test_what_is_named_stays_as_it_is() -> None:
    plan = plan_of(FILES)
    assert with_checkpoints(plan, {}) == plan
    assert with_checkpoints(plan, {"tool": ["docs"]}) == plan
    found = with_checkpoints(plan, {"tool": ["docs", "tools"]})
    assert found.stages_of("tool") == ("tool-stage-docs", "tool-stage-tools")
