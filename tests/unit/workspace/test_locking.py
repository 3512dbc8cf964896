"""Which base images are needed, how a lock is made current of them, and how a stale one is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.facts.lockfile import Lock, write_lock
from bakegen.facts.model import BaseFacts, PlatformFacts
from bakegen.text import Source
from bakegen.workspace.base_needs import Need, dockerfile_needs, project_needs
from bakegen.workspace.locking import Sources, check, check_digests, refresh
from bakegen.workspace.registry_failure import Failure
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.workspace.registry_bases import Wanted


def sha(text: str) -> str:
    return "sha256:" + text.encode().hex().ljust(64, "0")[:64]


class Registry(Sources):
    """Registries as a mapping: reference -> the name of its newest image; `broken` ones cannot be read."""

    def __init__(self, images: Mapping[str, str], broken: Iterable[str] = ()) -> None:
        self.images = dict(images)
        self.broken = set(broken)
        self.read: list[tuple[str, tuple[str, ...]]] = []
        self.onbuild: dict[str, tuple[str, ...]] = {}

    def digests(self, references: object) -> dict[str, str | Failure]:
        assert isinstance(references, list)
        return {one: Failure("broken") if one in self.broken else sha(self.images[one]) for one in references}

    def facts(self, wanted: Mapping[str, Wanted]) -> dict[str, BaseFacts | str]:
        found: dict[str, BaseFacts | str] = {}
        for name, one in wanted.items():
            self.read.append((one.reference, one.platforms))
            reference, _, digest = one.reference.partition("@")
            if reference in self.broken:
                found[name] = "broken"
                continue
            digest = digest or sha(self.images[reference])
            onbuild = self.onbuild.get(reference, ())
            facts = {p: PlatformFacts(sha(p), onbuild=onbuild, index_digest=digest) for p in one.platforms}
            found[name] = BaseFacts(digest, facts)
        return found


def needs(**platforms: str) -> dict[str, Need]:
    return {name: Need(name, "", text.split()) for name, text in platforms.items()}


def never(name: str) -> bool:
    return False


def always(name: str) -> bool:
    return True


AMD, ARM = "linux/amd64", "linux/arm64"


def test_what_is_missing_is_read_and_what_is_unused_goes() -> None:
    registry = Registry({"a": "1", "b": "1"})
    first = refresh(lambda lock: needs(a=AMD, b=f"{AMD} {ARM}"), Lock(), registry, never)
    assert registry.read == [("a", (AMD,)), ("b", (AMD, ARM))]
    assert (first.added, first.updated, first.removed) == (("a", "b"), (), ())
    registry.images["b"] = "2"
    again = refresh(lambda lock: needs(b=f"{AMD} {ARM}"), first.lock, registry, never)
    assert (again.added, again.updated, again.removed) == ((), (), ("a",))
    assert len(registry.read) == 2
    assert again.lock.bases["b"].digest == sha("1")


def test_a_further_platform_is_read_at_the_locked_digest_and_one_less_is_dropped() -> None:
    registry = Registry({"a": "1"})
    lock = refresh(lambda lock: needs(a=AMD), Lock(), registry, never).lock
    registry.images["a"] = "2"
    both = refresh(lambda lock: needs(a=f"{AMD} {ARM}"), lock, registry, never)
    assert registry.read[-1] == (f"a@{sha('1')}", (ARM,))
    assert both.updated == ("a",)
    assert set(both.lock.bases["a"].platforms) == {AMD, ARM}
    one = refresh(lambda lock: needs(a=ARM), both.lock, registry, never)
    assert set(one.lock.bases["a"].platforms) == {ARM}


def test_update_reads_again_only_what_has_moved() -> None:
    registry = Registry({"a": "1", "b": "1"})
    lock = refresh(lambda lock: needs(a=AMD, b=AMD), Lock(), registry, never).lock
    registry.read.clear()
    same = refresh(lambda lock: needs(a=AMD, b=AMD), lock, registry, always)
    assert (same.updated, same.lock, registry.read) == ((), lock, [])
    registry.images = {"a": "2", "b": "2"}
    done = refresh(lambda lock: needs(a=AMD, b=AMD), lock, registry, lambda name: name == "b")
    assert (done.updated, registry.read) == (("b",), [("b", (AMD,))])
    assert {name: base.digest for name, base in done.lock.bases.items()} == {"a": sha("1"), "b": sha("2")}


def test_what_cannot_be_read_stays_as_it_was() -> None:
    registry = Registry({"a": "1"})
    lock = refresh(lambda lock: needs(a=AMD), Lock(), registry, never).lock
    registry.broken = {"a", "b"}
    done = refresh(lambda lock: needs(a=AMD, b=AMD), lock, registry, always)
    assert done.failures == {"a": "broken", "b": "broken"}
    assert done.lock == lock
    assert registry.read[1:] == [("a", (AMD,)), ("b", (AMD,))]


def test_another_image_in_its_place_is_read_anew() -> None:
    registry = Registry({"a": "1", "mirror/a": "2"})
    lock = refresh(lambda lock: needs(a=AMD), Lock(), registry, never).lock
    done = refresh(lambda lock: {"a": Need("a", "mirror/a", [AMD])}, lock, registry, never)
    assert (done.updated, done.lock.bases["a"].reference) == (("a",), "mirror/a")
    assert done.lock.bases["a"].digest == sha("2")


def test_a_digest_in_the_name_is_never_asked_about() -> None:
    name = f"a@{sha('1')}"
    registry = Registry({})
    lock = refresh(lambda lock: {name: Need(name, "", [AMD])}, Lock(), registry, always).lock
    assert lock.bases[name].digest == sha("1")
    assert refresh(lambda lock: {name: Need(name, "", [AMD])}, lock, registry, always).lock == lock
    both = refresh(lambda lock: {name: Need(name, "", [AMD, ARM])}, lock, registry, never)
    assert registry.read == [(name, (AMD,)), (name, (ARM,))]
    assert set(both.lock.bases[name].platforms) == {AMD, ARM}


def test_what_onbuild_needs_is_found_in_further_rounds() -> None:
    registry = Registry({"a": "1", "b": "1", "c": "1"})
    registry.onbuild = {"a": ("COPY --from=b / /",), "b": ("COPY --from=c / /",)}
    source = Source("Dockerfile", "FROM a\n")

    def needs_of(lock: Lock) -> dict[str, Need]:
        return dockerfile_needs([source], lock, build_args={}, contexts={}, platforms=())

    done = refresh(needs_of, Lock(), registry, never)
    # That of b does not run: nothing is built FROM it.
    assert done.added == ("a", "b")
    assert refresh(needs_of, done.lock, registry, never).lock == done.lock
    assert check(needs_of(done.lock), done.lock) == []


def test_the_same_needs_give_the_same_bytes() -> None:
    registry = Registry({"a": "1", "b": "1"})
    one = refresh(lambda lock: needs(a=AMD, b=AMD), Lock(), registry, never).lock
    other = refresh(lambda lock: needs(b=AMD, a=AMD), Lock(), registry, never).lock
    assert write_lock(one) == write_lock(other)


def plain(text: str, *, args: Mapping[str, str] | None = None, contexts: Mapping[str, str] | None = None,
          platforms: tuple[str, ...] = ()) -> dict[str, tuple[str, tuple[str, ...]]]:  # fmt: skip
    found = dockerfile_needs(
        [Source("Dockerfile", text)], Lock(), build_args=args or {}, contexts=contexts or {}, platforms=platforms
    )
    return {name: (need.reference, tuple(need.platforms)) for name, need in found.items()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM docker.io/library/debian:latest\n", {"debian": AMD}),
        ("ARG V=13\nFROM debian:$V AS b\nFROM b\n", {"debian:13": AMD}),
        ("FROM scratch\nCOPY --from=busybox:1 /x /x\n", {"busybox:1": AMD}),
        ("FROM scratch\nRUN --mount=from=ghcr.io/a/uv:0.9,target=/uv x\n", {"ghcr.io/a/uv:0.9": AMD}),
        ("FROM a\nFROM b\n", {"b": AMD}),  # nobody can ask for the first one
        ("FROM a AS x\nFROM b\n", {"a": AMD, "b": AMD}),
        ("FROM --platform=linux/arm64/v8 a\nCOPY --from=b / /\n", {"a": ARM, "b": AMD}),
        ("FROM --platform=$BUILDPLATFORM a\n", {"a": AMD}),
        ("FROM UPPER\n", {}),
        ("# syntax=example.com/other:1\nFROM a\n", {}),
    ],
)
def test_what_a_dockerfile_needs(text: str, found: dict[str, str]) -> None:
    assert plain(text) == {name: ("", (platform,)) for name, platform in found.items()}


def test_arguments_contexts_and_platforms_of_a_dockerfile() -> None:
    text = "ARG BASE=a\nFROM $BASE\nCOPY --from=src /x /x\nCOPY --from=tool /x /x\n"
    contexts = {"src": "./src", "b": "docker-image://docker.io/library/mirror:1"}
    assert plain(text, args={"BASE": "b:latest"}, contexts=contexts, platforms=(ARM, AMD)) == {
        "b": ("mirror:1", (AMD, ARM)),
        "tool": ("", (AMD, ARM)),
    }


def project(files: Mapping[str, str], lock: Lock | None = None) -> dict[str, tuple[str, tuple[str, ...]]]:
    found = project_needs(plan_of(files), lock or Lock())
    return {name: (need.reference, tuple(need.platforms)) for name, need in found.items()}


def test_what_a_project_needs() -> None:
    assert project(
        {
            "images/base/image.yaml": "platforms: [linux/amd64, linux/arm64]\n",
            "images/base/Dockerfile": "FROM debian:13\n",
            "images/app/image.yaml": 'contexts: {src: ., "alpine": "docker-image://mirror/alpine"}\n',
            "images/app/Dockerfile": "FROM base\n"
            + "".join(f"COPY --from={x} /x /x\n" for x in ("alpine", "src", "u")),
        }
    ) == {"alpine": ("mirror/alpine", (AMD,)), "debian:13": ("", (AMD, ARM)), "u": ("", (AMD,))}


def test_a_name_that_stands_for_several_images_is_locked_under_each_of_them() -> None:
    image = 'matrix: {axes: {v: ["12", "13"]}}\ncontexts: {base: "docker-image://debian:{{ v }}"}\n'
    files = {"images/app/image.yaml": image, "images/app/Dockerfile": "FROM base\n"}
    assert project(files) == {"debian:12": ("", (AMD,)), "debian:13": ("", (AMD,))}
    bases = {f"debian:{v}": BaseFacts(sha(v), {AMD: PlatformFacts(sha(v))}) for v in ("12", "13")}
    found = Lock(bases).facts("base", None, "debian:12")
    assert found is not None and found.digest == sha("12")


def test_a_context_of_the_same_name_is_no_other_image() -> None:
    assert plain("FROM debian\n", contexts={"debian": "docker-image://docker.io/library/debian"}) == {
        "debian": ("", (AMD,))
    }


LOCK = Lock(
    {
        "debian:13": BaseFacts(sha("1"), {AMD: PlatformFacts(sha("2")), "linux/arm64": PlatformFacts(sha("3"))}),
        "given": BaseFacts(sha("4"), {AMD: PlatformFacts(sha("5"))}, "mirror/given:1"),
    }
)


@pytest.mark.parametrize(
    ("name", "platform", "given", "digest"),
    [
        ("docker.io/library/debian:13", None, "", "2"),
        ("debian:13", "linux/arm64/v8", "", "3"),
        ("debian:13", "aarch64", "", "3"),
        ("debian:13", "linux/s390x", "", None),
        ("debian:13", "no/such/platform/at/all", "", None),
        ("debian", None, "", None),
        ("given", None, "", None),
        ("given", None, "mirror/given:1", "5"),
        ("given", None, "mirror/given:2", None),
        ("other", None, "debian:13", "2"),
        ("debian:13", None, "other", None),
    ],
)
def test_facts_for(name: str, platform: str | None, given: str, digest: str | None) -> None:
    found = LOCK.facts(name, platform, given)
    assert (found and found.digest) == (digest and sha(digest))


def test_check_tells_what_to_do() -> None:
    wanted = {
        **needs(missing=AMD),
        "debian:13": Need("debian:13", "", [AMD, "linux/s390x"]),
        "given": Need("given", "mirror/given:2", [AMD]),
    }
    lock = replace(LOCK, bases={**LOCK.bases, "unused": LOCK.bases["given"]})
    found = check(wanted, lock)
    assert [one.message for one in found] == [
        "bakegen.lock lacks missing",
        "bakegen.lock knows nothing of debian:13 for linux/s390x",
        "given is mirror/given:2 now, and locked as mirror/given:1",
        "nothing is built from unused any more",
    ]
    assert {one.help for one in found} == {"run `bakegen lock` and commit the result"}


def test_check_update_tells_what_has_moved() -> None:
    wanted = {"debian:13": Need("debian:13", "", [AMD]), "given": Need("given", "mirror/given:1", [AMD])}
    registry = Registry({"debian:13": "9", "mirror/given:1": "4"})
    found, failures = check_digests(wanted, LOCK, registry, always)
    assert [one.message for one in found] == [f"debian:13 is {sha('9')} now, and locked as {sha('1')}"]
    assert found[0].help == "run `bakegen lock --update debian:13` and commit the result"
    assert failures == {}
    registry.broken = {"debian:13"}
    assert check_digests(wanted, LOCK, registry, always) == ([], {"debian:13": "broken"})
    assert check_digests(wanted, LOCK, registry, never) == ([], {})
