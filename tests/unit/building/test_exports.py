"""Who is through when a bake fails: pushed by all names, cache written; whoever may not be is baked again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bakegen.building.exports import Exports, entries_of

DIGEST = "sha256:" + "7b" * 32
REGISTRY_CACHE = {"type": "registry", "ref": "r/x:c"}
TWO: dict[str, Any] = {
    "tags": ["r/x:a", "r/x:b"],
    "output": [{"type": "registry"}],
    "cache-to": [REGISTRY_CACHE],
}


def step(name: str, *, completed: bool = True, error: str = "") -> str:
    vertex = {"digest": f"sha256:{name}", "name": name, "started": "2026-01-01T00:00:00Z", "error": error}
    return json.dumps({"vertexes": [{**vertex, **({"completed": "2026-01-01T00:00:01Z"} if completed else {})}]})


def pushing(name: str, reference: str, *, completed: bool = True) -> str:
    status: dict[str, object] = {"vertex": f"sha256:{name}", "id": f"pushing manifest for {reference}@{DIGEST}"}
    return json.dumps({"statuses": [{**status, **({"completed": "2026-01-01T00:00:01Z"} if completed else {})}]})


IMAGE, CACHE = "[t] exporting to image", "[t] exporting cache to registry"
ALL = (
    step(IMAGE, completed=False),
    pushing(IMAGE, "r/x:a", completed=False),
    pushing(IMAGE, "r/x:a"),
    pushing(IMAGE, "r/x:b"),
    step(IMAGE),
    step(CACHE),
)


def finished(target: dict[str, Any], *lines: str) -> dict[str, dict[str, str]]:
    exports = Exports({"t": target, "other": {}})
    for line in lines:
        exports.hear(line)
    return exports.finished()


def test_who_is_through() -> None:
    assert finished(TWO, *ALL) == {"t": {"containerimage.digest": DIGEST, "image.name": "r/x:a,r/x:b"}}
    for written in (["type=registry"], ["type=image,push=true"], [{"type": "image", "push": "true"}]):
        assert "t" in finished({**TWO, "output": written}, *ALL)


def test_a_push_that_fails_at_its_last_name() -> None:
    """Its status completes all the same."""
    assert finished(TWO, *ALL[:4], step(IMAGE, error="failed to push r/x:b: 400 Bad Request"), step(CACHE)) == {}
    assert finished(TWO, *ALL, step(IMAGE, completed=False)) == {}, "it has begun again"


@pytest.mark.parametrize("missing", range(len(ALL)))
def test_nobody_is_through_with_less(missing: int) -> None:
    # That the push of a name begins is told again when it ends.
    assert ("t" in finished(TWO, *ALL[:missing], *ALL[missing + 1 :])) is (missing == 1)


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ["r/x:a", "r/x:b", "r/x:c"]},
        {"tags": []},
        {"cache-to": [REGISTRY_CACHE, {"type": "local", "dest": "c"}]},
        {"output": [{"type": "registry"}, {"type": "local", "dest": "o"}]},
        {"output": [{"type": "docker"}]},
        {"output": [{"type": "image"}]},
        {"output": [{"type": "image", "push": "true", "push-by-digest": "true"}]},
        {"output": []},
    ],
)
def test_nor_where_more_is_wanted(change: dict[str, Any]) -> None:
    assert finished({**TWO, **change}, *ALL) == {}


def test_inline_caches_are_part_of_the_image() -> None:
    assert "t" in finished({**TWO, "cache-to": [{"type": "inline"}]}, *ALL[:-1])


def test_a_cache_that_failed_is_not_written() -> None:
    assert finished(TWO, *ALL[:-1], step(CACHE, error="denied")) == {}


def test_steps_of_others_do_not_count() -> None:
    assert finished(TWO, *(line.replace("[t]", "[other]") for line in ALL)) == {}
    assert finished(TWO, "exporting ", '{"exporting ": 1}', '{"vertexes": [{"name": "[t] exporting "}]}') == {}


def test_entries_of_old_and_new_versions() -> None:
    old = {"output": ['type=local,"dest=a,b"', "type=docker"]}
    new = {"output": [{"type": "local", "dest": "a,b"}, {"type": "docker"}]}
    assert [*entries_of(old, "output")] == [*entries_of(new, "output")] == new["output"]
    assert [*entries_of({}, "output")] == []
