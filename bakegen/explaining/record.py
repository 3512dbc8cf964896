"""What every step of a build was made of, as a file beside its report: for finding out afterwards why a step ran.

Values are there as SHA-256 digests only, as in content keys.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bakegen.explaining.model import ChainStep, Origin, Side, StageChain, State, TargetChain
from bakegen.plan.keys import digest
from bakegen.text import Location, Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.explaining.model import Files

SCHEMA_VERSION = 1
"""Goes up when the meaning of a field or of a key changes: other records are refused then."""


def record_text(side: Side) -> str:
    """The text of a record; files that several steps read are in it once."""
    tables: dict[str, Files] = {}
    targets = [
        {
            "name": chain.name,
            "parents": chain.parents,
            "problem": chain.problem,
            "stages": [
                {
                    "label": stage.label,
                    "platform": stage.platform,
                    "base": _origin(stage.base),
                    "steps": [_step(step, tables) for step in stage.steps],
                }
                for stage in chain.stages
            ],
        }
        for chain in side.targets.values()
    ]
    return json.dumps({"schema_version": SCHEMA_VERSION, "targets": targets, "files": tables}) + "\n"


def _origin(origin: Origin) -> list[object]:
    return [origin.kind, origin.name, list(origin.state), origin.reference]


def _step(step: ChainStep, tables: dict[str, Files]) -> dict[str, object]:
    files = {}
    for source, found in step.files.items():
        files[source] = digest(found)
        tables[files[source]] = found
    place = step.location.source
    return {
        "name": step.name,
        "text": step.text,
        "shown": step.shown,
        "file": place.path,
        "line": place.position(step.location.span.start)[0],
        "own": [[kind, name, value] for (kind, name), value in step.own.items()],
        "seen": step.seen,
        "arguments": sorted(step.arguments),
        "files": files,
        "sources": [_origin(one) for one in step.sources],
        "base": list(step.base),
        "key": list(step.key),
        "after": list(step.after),
        "always": step.always,
    }


def read_record(text: str) -> Side:
    """The steps that a record tells of.

    Raises:
        ValueError: it is no record, or one of another version.
    """
    try:
        made: Any = json.loads(text)
        if made["schema_version"] != SCHEMA_VERSION:
            raise ValueError("it is a record of another version of bakegen")
        return Side({one["name"]: _read_target(one, made["files"]) for one in made["targets"]})
    except (AttributeError, IndexError, KeyError, TypeError, json.JSONDecodeError, RecursionError) as problem:
        raise ValueError("it is no record of the steps of a build") from problem


def _read_target(made: Any, tables: Mapping[str, Files]) -> TargetChain:
    stages = (
        StageChain(
            str(one["label"]),
            str(one["platform"]),
            _read_origin(one["base"]),
            tuple(_read_step(step, tables) for step in one["steps"]),
        )
        for one in made["stages"]
    )
    return TargetChain(str(made["name"]), tuple(made["parents"]), tuple(stages), str(made["problem"]))


def _read_origin(made: Any) -> Origin:
    kind, name, state, reference = made
    return Origin(str(kind), str(name), State(*state), str(reference))


def _read_step(made: Any, tables: Mapping[str, Files]) -> ChainStep:
    # Of the file only the line is known: as many empty lines stand for what is above it.
    above = int(made["line"]) - 1
    place = Location(Source(str(made["file"]), "\n" * above), Span(above, above))
    return ChainStep(
        name=str(made["name"]),
        text=str(made["text"]),
        shown=str(made["shown"]),
        location=place,
        own={(str(kind), str(name)): str(value) for kind, name, value in made["own"]},
        seen=dict(made["seen"]),
        arguments=frozenset(made["arguments"]),
        files={str(source): dict(tables[key]) for source, key in made["files"].items()},
        sources=tuple(map(_read_origin, made["sources"])),
        base=State(*made["base"]),
        key=State(*made["key"]),
        after=State(*made["after"]),
        always=str(made["always"]),
    )
