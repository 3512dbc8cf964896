"""Caches that the default branch takes over: from whom, and only to the same image."""

from __future__ import annotations

from bakegen.workspace.inherited_caches import inherit_caches, other_branches


def test_a_branch_is_known_by_its_cache_and_its_tag_of_the_image() -> None:
    tags = ("cache-app.master", "cache-app.topic", "cache-app.pr-7", "cache-app-stage-x.gone", "cache-app.gone")
    image_tags = ("latest", "topic", "1.2-topic", "1.2-pr-7", "key-topic", "cache-app.topic", "mastertopic")
    assert other_branches("cache-app.", "master", tags, image_tags) == (
        ("cache-app.pr-7", "1.2-pr-7"), ("cache-app.topic", "1.2-topic"), ("cache-app.topic", "topic"),
    )  # fmt: skip
    assert other_branches("cache-app.", "topic", tags, ("latest", "pr-7")) == (("cache-app.pr-7", "pr-7"),)


def test_a_registry_that_is_away_ends_no_build() -> None:
    image = "127.0.0.1:1/team/app@sha256:" + "1" * 64
    assert inherit_caches({image: ["127.0.0.1:1/team/app:cache-app.master"]}, "master", environ={}, deadline=5) == ()
