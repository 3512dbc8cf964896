"""Shards as jobs: what GitHub's matrix takes, and a child pipeline for GitLab, also where nothing is to do."""

from __future__ import annotations

import json

from bakegen.building.job_matrix import github_text, gitlab_text
from bakegen.building.shards import shards


def test_github() -> None:
    made = shards("abc", {}, dict.fromkeys("abc", 1.0), 4)
    assert github_text(made[:1]) == '{"include":[{"name":"a","targets":"a","shard":"1/4"}]}\n'
    two = shards("abc", {}, dict.fromkeys("abc", 1.0), 2)
    assert json.loads(github_text(two)) == {
        "include": [
            {"name": "a and 1 more", "targets": "a c", "shard": "1/2"},
            {"name": "b", "targets": "b", "shard": "2/2"},
        ]
    }
    assert len(json.loads(github_text(made))["include"]) == 3


def test_gitlab() -> None:
    made = shards("abc", {}, dict.fromkeys("abc", 1.0), 2)
    assert json.loads(gitlab_text(made)) == {
        "bakegen: a and 1 more": {"extends": ".bakegen", "variables": {"TARGETS": "a c", "SHARD": "1/2"}},
        "bakegen: b": {"extends": ".bakegen", "variables": {"TARGETS": "b", "SHARD": "2/2"}},
    }


def test_nothing_to_build() -> None:
    none = shards("", {}, {}, 3)
    assert github_text(none) == '{"include":[]}\n'
    (job,) = json.loads(gitlab_text(none)).values()
    assert job["script"] == ["echo nothing is to be built"]
