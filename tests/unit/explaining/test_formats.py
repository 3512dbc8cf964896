"""What is printed of an explanation: table, tree, Markdown and JSON, with times and advice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bakegen.building.costs import read_costs
from bakegen.explaining.advice import Advice, Effort, better
from bakegen.explaining.costing import seconds_of
from bakegen.explaining.data import json_text
from bakegen.explaining.explanation import Explanation
from bakegen.explaining.markdown import markdown
from bakegen.explaining.shown import advice, rows, tree
from tests.unit.explaining.sides import judged, project

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCKERFILE = """\
FROM debian:12 AS build
WORKDIR /src
COPY *.c ./
RUN --network=none make
FROM debian:12
COPY --from=build /out /app
RUN check | tail
"""


def report(*steps: tuple[str, str | None, float]) -> str:
    found = [{"name": name, "stage": stage, "cached": False, "seconds": seconds} for name, stage, seconds in steps]
    return json.dumps({"targets": [{"name": "app", "status": "built", "steps": found}]})


REPORT = report(
    ("WORKDIR /src", "build", 0.1),
    ("COPY main.c ./", "build", 0.2),
    ("RUN make", "build", 61.0),
    ("COPY --from=build /out /app", "stage-1", 0.3),
)


def explanation(
    report: str = "", old: Mapping[str, str] | None = None, new: Mapping[str, str] | None = None
) -> Explanation:
    old = old or project(DOCKERFILE, main__c="1")
    new = new or project(DOCKERFILE, main__c="2")
    targets = tuple(judged(old, new).values())
    seconds = seconds_of((target.chain for target in targets), read_costs([report] if report else []))
    return Explanation("a" * 40, "", targets, seconds)


def test_the_table() -> None:
    assert list(rows(explanation())) == [
        ("app", "images/app/Dockerfile:3 COPY *.c ./", "main.c changed", "2 of 5, 2 may", "unknown")
    ]
    assert [row[4] for row in rows(explanation(REPORT))] == ["1 min 01 s"]
    found = explanation(REPORT)
    assert found.said == "2 of 5 steps run again, 2 more may; 1 min 01 s by earlier builds"
    assert list(rows(explanation(new=project(DOCKERFILE, main__c="1")))) == []


def test_variants_of_which_the_same_is_told_share_a_row() -> None:
    matrix = 'matrix: {axes: {v: ["1", "2", "3", "4"]}}\n'
    found = explanation(old=project(DOCKERFILE, matrix, main__c="1"), new=project(DOCKERFILE, matrix, main__c="2"))
    assert [row[0] for row in rows(found)] == ["app-1 and 3 more"]
    assert found.said == "2 of 5 steps run again, 2 more may"


def test_the_tree() -> None:
    assert tree(explanation(REPORT)).splitlines() == [
        "app  2 of 5, 2 may  1 min 01 s",
        "  build  from debian:12",
        "    cached   1 step",
        "    runs     images/app/Dockerfile:3 COPY *.c ./  main.c changed  0.2 s",
        "    runs     images/app/Dockerfile:4 RUN --network=none make  1 min 01 s",
        "  stage-1  from debian:12",
        "    may run  images/app/Dockerfile:6 COPY --from=build /out /app  stage build runs again  0.3 s",
        "    may run  images/app/Dockerfile:7 RUN check | tail",
    ]


def test_times_of_another_dockerfile_are_found_by_likeness() -> None:
    recorded = report(("RUN apt-get update && apt-get install -y make gcc", "build", 40.0), ("RUN echo", "other", 9.0))
    dockerfile = "FROM debian:12 AS build\nRUN apt-get update && apt-get install -y make\nRUN true\nFROM build\nRUN x\n"
    found = explanation(recorded, project("FROM debian:11\n"), project(dockerfile))
    assert [one.step.shown for one in found.targets[0].steps if one.step.key.strict in found.seconds] == [
        "RUN apt-get update && apt-get install -y make"
    ]
    assert [row[4] for row in rows(found)] == ["> 40.0 s"]


def test_times_of_a_stage_with_as_many_steps_are_found_by_their_place() -> None:
    found = explanation(report(("WORKDIR /x", "build", 1), ("COPY x", "build", 2), ("RUN entirely other", "build", 3)))
    assert sorted(found.seconds.values()) == [1, 2, 3]


def test_markdown_cannot_be_broken_by_names() -> None:
    found = explanation()
    text = markdown(found)
    assert text.startswith("### bakegen: 2 of 5 steps run again, 2 more may\n\nCompared since aaaaaaaaaaaa.\n")
    row = next(line for line in text.splitlines() if line.startswith("| app"))
    assert row.count("|") == 6
    assert "| main.c changed | 2 of 5, 2 may | unknown |" in row
    assert "COPY &#42;.c ./" in row
    evil = project(DOCKERFILE + "RUN echo '```' </details> [x](http://y) @all\n", main__c="2")
    text = markdown(explanation(new=evil))
    assert "````text" in text and text.count("</details>") == 2
    quiet = markdown(explanation(new=project(DOCKERFILE, main__c="1")))
    assert "Nothing runs again of 1 target." in quiet and "|" not in quiet


def test_json_has_everything() -> None:
    made = json.loads(json_text(explanation(REPORT)))
    assert made["since"] == "a" * 40 and made["until"] is None
    (target,) = made["targets"]
    assert (target["steps"], target["runs"], target["maybe"], target["seconds"]) == (5, 2, 2, 61.2)
    assert target["first"]["causes"] == [{"kind": "file", "name": "main.c", "what": "changed"}]
    verdicts = [[step["verdict"] for step in stage["steps"]] for stage in target["stages"]]
    assert verdicts == [["cached", "runs", "runs"], ["maybe", "maybe"]]
    assert target["stages"][1]["steps"][0]["causes"] == [{"kind": "stage", "name": "build", "what": "runs again"}]


def test_advice_is_told_once_for_all_whom_it_helps() -> None:
    found = explanation()
    rewrite = Advice("rewrite", "sink-arg", "Move an ARG down.", "app", 1, 5, 61.0)
    both = Explanation(found.since, "", found.targets, {}, {"app": (rewrite,), "other": (rewrite,)})
    assert advice(both) == (
        "app, other: with the rewrite sink-arg (Move an ARG down) 1 of 5 steps of app would run again, "
        "1 min 01 s less\n"
    )
    rule = Advice("rule", "CA311 context-churn", "it changes by itself", "app")
    assert (
        advice(Explanation("", "", (), {}, {"app": (rule,)})) == "app: rule CA311 context-churn: it changes by itself\n"
    )


def test_less_effort_is_less_time_or_fewer_commands() -> None:
    assert better(Effort(1, 1, 3), Effort(9, 1, 3))
    assert better(Effort(0, 1, 3), Effort(0, 2, 3))
    assert better(Effort(0, 1, 2), Effort(0, 1, 3))
    assert not better(Effort(0, 2, 2), Effort(9, 1, 3))
    assert not better(Effort(5, 1, 3), Effort(5.01, 1, 3))
