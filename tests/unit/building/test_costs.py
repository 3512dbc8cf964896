"""What targets cost, from reports: the longest that a step ran, of the steps that the last report has."""

from __future__ import annotations

import json

import pytest

from bakegen.building.costs import StepCost, read_costs
from bakegen.building.report import report_text
from tests.unit.building.reports import example


def report(status: str = "built", **targets: list[tuple[str, bool, float]]) -> str:
    """A report of which only steps matter."""
    names = ("name", "cached", "seconds")
    found = {name: [dict(zip(names, step, strict=True)) for step in steps] for name, steps in targets.items()}
    return json.dumps({"targets": [{"name": name, "status": status, "steps": steps} for name, steps in found.items()]})


def test_the_longest_time_of_the_steps_that_are_still_there() -> None:
    costs = read_costs(
        [
            report(app=[("RUN make", False, 60.0), ("RUN old", False, 500.0)]),
            report(app=[("RUN make", False, 45.0), ("COPY . .", False, 1.5)]),
            report(app=[("RUN make", True, 0.25), ("COPY . .", True, 0.0), ("RUN new", False, 2.0)], other=[]),
            report(app=[]),
        ]
    )
    assert costs.steps("app") == (StepCost("RUN make", 60.0), StepCost("COPY . .", 1.5), StepCost("RUN new", 2.0))
    assert costs.cold("app") == 63.5


def test_a_build_that_failed_tells_times_but_not_what_there_is() -> None:
    whole = report(app=[("RUN make", False, 60.0), ("RUN test", False, 30.0)])
    failed = report("failed", app=[("RUN make", False, 70.0)])
    assert read_costs([whole, failed]).cold("app") == 100.0
    assert read_costs([failed]).cold("app") == 70.0


def test_an_instruction_that_stands_there_twice_counts_twice() -> None:
    both = report(app=[("RUN make", False, 10.0), ("RUN make", False, 30.0)])
    assert read_costs([both, both]).cold("app") == 40.0


def test_what_is_not_known_costs_as_much_as_the_others() -> None:
    costs = read_costs([report(a=[("RUN a", False, 10.0)], b=[("RUN b", False, 30.0)], c=[("RUN c", True, 0.0)])])
    assert costs.cold("c") is None
    assert costs.of("abcd") == {"a": 10.0, "b": 30.0, "c": 20.0, "d": 20.0}
    assert read_costs([]).of("ab") == {"a": 1.0, "b": 1.0}


def test_stages_have_costs_of_their_own() -> None:
    steps = [("a", "RUN x", False, 10), ("b", "RUN x", False, 5), ("a", "RUN y", False, 1), (None, "RUN z", False, 7)]
    names = ("stage", "name", "cached", "seconds")
    target = {"name": "app", "status": "built", "steps": [dict(zip(names, step, strict=True)) for step in steps]}
    costs = read_costs([json.dumps({"targets": [target]})])
    assert costs.stages("app") == {"a": 11.0, "b": 5.0}
    assert costs.cold("app") == 23.0
    assert costs.stages("other") == {}


def test_a_report_as_it_is_written() -> None:
    assert read_costs([report_text(example())]).cold("my_app") == 1.25


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"targets": 1}',
        '{"targets": [{}]}',
        '{"targets": [{"name": "a", "status": "built", "steps": [{}]}]}',
        '{"targets": [{"name": "a", "status": "built", "steps": [{"name": "b", "cached": false, "seconds": "x"}]}]}',
    ],
)
def test_no_report(text: str) -> None:
    with pytest.raises(ValueError, match="no report of a build"):
        read_costs([text])
