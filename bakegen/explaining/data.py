"""An explanation as JSON, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.explaining.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.explaining.advice import Advice
    from bakegen.explaining.compare import Judged, JudgedStage, JudgedTarget
    from bakegen.explaining.explanation import Explanation

SCHEMA_VERSION = 1
"""Goes up when a field goes away or changes its meaning; new fields may come at any time."""
_VERDICTS = {Verdict.CACHED: "cached", Verdict.MAYBE: "maybe", Verdict.RUNS: "runs"}


def json_text(found: Explanation) -> str:
    """All of it; ``verdict`` is ``cached``, ``maybe`` (cached only where what it copies is the same) or ``runs``."""
    made = {
        "schema_version": SCHEMA_VERSION,
        "since": found.since,
        "until": found.until or None,
        "summary": found.said,
        "targets": [_target(found, target) for target in found.targets],
    }
    return json.dumps(made, indent=2) + "\n"


def _target(found: Explanation, target: JudgedTarget) -> dict[str, object]:
    known = found.cost(target)
    return {
        "name": target.chain.name,
        "problem": clean_line(target.problem) or None,
        "new": target.new,
        "parents": list(target.chain.parents),
        "steps": len(target.steps),
        "runs": len(target.of(Verdict.RUNS)),
        "maybe": len(target.of(Verdict.MAYBE)),
        "seconds": round(known.seconds, 3) if known.seconds else None,
        "steps_without_time": known.unknown,
        "first": _step(target.first, found.seconds) if target.first is not None else None,
        "stages": [_stage(found, stage) for stage in target.stages],
        "advice": [_advice(one) for one in found.advice.get(target.chain.name, ())],
    }


def _stage(found: Explanation, stage: JudgedStage) -> dict[str, object]:
    return {
        "name": stage.chain.label,
        "platform": stage.chain.platform or None,
        "base": {"kind": stage.chain.base.kind, "name": clean_line(stage.chain.base.name)},
        "steps": [_step(one, found.seconds) for one in stage.steps],
    }


def _step(one: Judged, seconds: Mapping[str, float]) -> dict[str, object]:
    source, span = one.step.location.source, one.step.location.span
    known = seconds.get(one.step.key.strict)
    return {
        "file": clean_line(source.path),
        "line": source.position(span.start)[0],
        "instruction": clean_line(one.step.shown),
        "verdict": _VERDICTS[one.verdict],
        "causes": [
            {"kind": cause.kind, "name": clean_line(cause.name), "what": clean_line(cause.what)} for cause in one.causes
        ],
        "seconds": round(known, 3) if known else None,
    }


def _advice(one: Advice) -> dict[str, object]:
    rewrite = one.kind == "rewrite"
    return {
        "kind": one.kind,
        "name": one.name,
        "what": clean_line(one.what),
        "worked_out_for": one.target,
        "runs": one.runs if rewrite else None,
        "steps": one.steps if rewrite else None,
        "seconds_saved": round(one.saved, 3) if one.saved else None,
    }
