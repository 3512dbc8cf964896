"""Shards as the jobs of a CI: what `bakegen matrix` prints; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.building.shards import Shard

GITHUB_JOBS = 256
"""Jobs that GitHub makes of one matrix at most; it refuses a longer one."""


def github_text(made: Iterable[Shard]) -> str:
    """The value of ``strategy.matrix`` in one line; where nothing is to do ``{"include":[]}``, which GitHub refuses."""
    rows = [{"name": _name(one), "targets": " ".join(one.targets), "shard": str(one)} for one in _full(made)]
    return json.dumps({"include": rows}, separators=(",", ":")) + "\n"


def gitlab_text(made: Iterable[Shard]) -> str:
    """A child pipeline, for YAML is a superset of JSON: a job a shard that extends the job ``.bakegen``.

    These are jobs of their own and not the entries of one ``parallel:matrix``: GitLab puts all values of an entry into
    the name of its job, and makes no pipeline, without a word, where a name has more than 255 characters. A pipeline
    without any job is an error there, so there is one that does nothing where nothing is to do.
    """
    jobs: dict[str, object] = {
        f"bakegen: {_name(one)}": {
            "extends": ".bakegen",
            "variables": {"TARGETS": " ".join(one.targets), "SHARD": str(one)},
        }
        for one in _full(made)
    }
    idle = {"extends": ".bakegen", "before_script": [], "script": ["echo nothing is to be built"], "after_script": []}
    return json.dumps(jobs or {"bakegen: nothing to build": idle}, indent=2) + "\n"


def _full(made: Iterable[Shard]) -> list[Shard]:
    return [one for one in made if one.targets]


def _name(shard: Shard) -> str:
    rest = len(shard.targets) - 1
    return f"{shard.targets[0]} and {rest} more" if rest else shard.targets[0]
