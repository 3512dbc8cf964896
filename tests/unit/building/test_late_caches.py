"""Images without their caches, then the caches alone: what is laid over the bake files for that."""

from __future__ import annotations

from bakegen.bake.compose import merged
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.building.late_caches import caches_alone, inline_caches, without_caches, written_caches

CACHE = {"type": "registry", "ref": "registry.example.com/app:cache-app.main", "mode": "max"}
IMAGE = {"type": "image", "push": "true"}
MAIN = BakeFile(targets=(BakeTarget("app", {"tags": ("app:1",), "cache-to": (CACHE,), "output": (IMAGE,)}),))


def test_what_a_build_writes_is_what_its_last_file_says() -> None:
    newer = {**CACHE, "ref": "registry.example.com/app:cache-app.topic"}
    over = BakeFile(targets=(BakeTarget("app", {"cache-to": (newer,)}), BakeTarget("base", {"labels": {}})))
    assert written_caches([MAIN]) == {"app": (CACHE,)}
    assert written_caches([MAIN, over]) == {"app": (newer,)}
    assert written_caches([MAIN, without_caches(["app"])]) == {}


def test_an_inline_cache_is_a_part_of_its_image() -> None:
    inline = BakeFile(targets=(BakeTarget("app", {"cache-to": ({"type": "inline"},)}),))
    assert written_caches([inline]) == {}
    assert (set(inline_caches([inline])), set(inline_caches([MAIN]))) == ({"app"}, set())
    both = BakeFile(targets=(BakeTarget("app", {"cache-to": (CACHE, {"type": "inline"})}),))
    assert written_caches([both]) == {"app": (CACHE,)}
    (image,) = merged(both, without_caches(["app"], inline_caches([both]))).targets
    assert image.attributes["cache-to"] == ({"type": "inline"},)


def test_one_file_takes_the_cache_away_and_the_other_the_image() -> None:
    (image,) = merged(MAIN, without_caches(["app"])).targets
    assert image.attributes == {"tags": ("app:1",), "cache-to": (), "output": (IMAGE,)}
    (cache,) = merged(MAIN, caches_alone(["app"])).targets
    assert cache.attributes == {"tags": (), "cache-to": (CACHE,), "output": ({"type": "cacheonly"},)}
