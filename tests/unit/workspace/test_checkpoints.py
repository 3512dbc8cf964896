"""Which stages get a cache of their own by what they are known to cost."""

from __future__ import annotations

import json

import pytest

from bakegen.building.costs import Costs, read_costs
from bakegen.plan.branch import BranchState
from bakegen.workspace.checkpoints import checkpoints
from tests.unit.projects import plan_of

PLAN = plan_of(
    {
        "bakegen.yaml": "registry: registry.example.com/team\n",
        "images/app/image.yaml": "",
        "images/app/Dockerfile": "FROM x AS a\nRUN a\nFROM x AS b\nRUN b\nFROM a AS c\nCOPY --from=b / /\nRUN c\n",
    }
)
MASTER = BranchState("master", None, "master", None, False, True, "github")


def costs(**stages: float) -> Costs:
    steps = [{"name": f"RUN {one}", "cached": False, "seconds": took, "stage": one} for one, took in stages.items()]
    return read_costs([json.dumps({"targets": [{"name": "app", "status": "built", "steps": steps}]})])


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (costs(a=119.0, b=120.0), ("app-stage-b",)),
        (costs(a=500.0, b=120.0), ("app-stage-a", "app-stage-b")),
        (costs(c=900.0), None),
        (Costs(), None),
    ],
)
def test_what_costs_much(known: Costs, found: tuple[str, ...] | None) -> None:
    plan = checkpoints(PLAN, ["app"], state=MASTER, costs=known, seconds=120, ask_registry=False)
    assert (plan and plan.stages_of("app")) == found


def test_nothing_for_what_is_not_built_or_belongs_to_no_branch() -> None:
    dear = costs(a=500.0)
    assert checkpoints(PLAN, [], state=MASTER, costs=dear, seconds=120, ask_registry=False) is None
    assert checkpoints(PLAN, ["app"], state=None, costs=dear, seconds=120, ask_registry=True) is None
