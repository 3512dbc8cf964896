"""What is built and what is skipped: keys, platforms, tags, and images in the place of skipped parents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bakegen.bake.compose import main_file
from bakegen.bake.jsonfile import write_json
from bakegen.building.decide import Present, decide, generations, key_references, selection_file
from bakegen.building.model import Action
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.building.model import Decision
    from bakegen.plan.model import Plan, Target

R = "registry.example.com/team/"
DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32
FILES = {
    "bakegen.yaml": "registry: registry.example.com/team\n",
    "images/base/image.yaml": "",
    "images/base/Dockerfile": "FROM debian:12\nRUN x\n",
    "images/lib/image.yaml": "",
    "images/lib/Dockerfile": "FROM base:latest\nRUN y\n",
    "images/app/image.yaml": "stages: [tools]\n",
    "images/app/Dockerfile": "FROM lib AS tools\nRUN z\nFROM base\nCOPY --from=tools /z /z\n",
}
KEYS = {"base": "b1", "lib": "l1", "app": "a1"}
BASE, LIB, APP = (f"{R}{name}:key-{key}" for name, key in KEYS.items())
HERE = Present(DIGEST, ("linux/amd64",))


def branch_tags(target: Target) -> tuple[str, ...]:
    return (f"{target.repository}:topic", f"{target.repository}:key-{KEYS[target.name]}")


def decided(
    present: Mapping[str, Present],
    wanted: Sequence[str] = ("base", "lib", "app"),
    *,
    plan: Plan | None = None,
    keys: Mapping[str, str] = KEYS,
    tags: Mapping[str, tuple[str, ...]] | None = None,
    force: bool = False,
    unknown: Mapping[str, str] | None = None,
    caches: Sequence[str] = (),
) -> dict[str, Decision]:
    return decide(
        plan or plan_of(FILES),
        wanted,
        keys,
        present,
        tags or {},
        force=force,
        references=branch_tags,
        unknown=unknown,
        caches=caches,
    )


def actions(found: Mapping[str, Decision]) -> dict[str, str]:
    return {name: str(one.action) for name, one in found.items()}


def test_everything_there_is_skipped_and_tagged_for_the_branch() -> None:
    found = decided({BASE: HERE, LIB: HERE, APP: HERE})
    assert actions(found) == {"app": "skip", "base": "skip", "lib": "skip"}
    app = found["app"]
    assert (app.found, app.digest, app.key, app.tags) == (APP, DIGEST, "a1", (f"{R}app:topic",))
    assert app.why == f"its content is in {APP}"
    assert app.contexts == {}


def test_nothing_there_is_built_with_links_as_they_are() -> None:
    found = decided({})
    assert actions(found) == {"app": "build", "base": "build", "lib": "build"}
    assert {one.why for one in found.values()} == {"no image has its content key"}
    assert not any(one.contexts or one.found or one.digest for one in found.values())
    assert selection_file(found, plan_of(FILES)).targets == ()


def test_a_skipped_parent_stands_as_an_image_in_its_child_and_the_childs_stages() -> None:
    plan = plan_of(FILES)
    found = decided({BASE: HERE, LIB: Present(OTHER, ("linux/amd64",))}, plan=plan)
    assert actions(found) == {"app": "build", "base": "skip", "lib": "skip"}
    images = {"base": f"docker-image://{R}base@{DIGEST}", "lib": f"docker-image://{R}lib@{OTHER}"}
    assert found["app"].contexts == images
    file = selection_file(found, plan)
    stage = next(name for name, target in plan.targets.items() if target.stage == "tools")
    assert {target.name: target.attributes["contexts"] for target in file.targets} == {
        "app": images,
        stage: {name: images[name] for name in main_contexts(plan, stage)},
    }
    assert f'"lib": "docker-image://{R}lib@{OTHER}"' in write_json(file, "0.20")


def test_what_is_built_for_its_cache_alone_is_skipped_and_takes_its_parents_from_the_registry() -> None:
    plan = plan_of(FILES)
    found = decided({BASE: HERE, LIB: HERE, APP: HERE}, ["app"], plan=plan, caches=["app"])
    images = {name: f"docker-image://{R}{name}@{DIGEST}" for name in ("base", "lib")}
    app, base = found["app"], found["base"]
    assert (str(app.action), app.writes_cache, app.tags, app.contexts) == ("skip", True, (f"{R}app:topic",), images)
    assert app.why == f"its content is in {APP}; the default branch has it for the first time and writes its cache"
    # Nobody asked for these, so they get no tags; their caches are no concern of this build.
    assert (str(base.action), base.writes_cache, base.tags) == ("skip", False, ())
    assert base.why == f"app builds on it; its content is in {BASE}"
    (stage, over) = selection_file(found, plan).targets
    assert (over.name, over.attributes["contexts"]) == ("app", images)
    assert (plan.targets[stage.name].stage, stage.attributes["contexts"]) == ("tools", {"lib": images["lib"]})


def test_no_image_is_built_for_a_cache() -> None:
    found = decided({BASE: HERE, APP: HERE}, ["app"], caches=["app", "base"])
    assert actions(found) == {"app": "skip", "base": "skip"}
    assert list(found["app"].contexts) == ["base"]
    # What is asked for, or that other targets are built on, is built as ever.
    found = decided({BASE: HERE, APP: HERE}, caches=["app", "lib"])
    assert actions(found) == {"app": "skip", "base": "skip", "lib": "build"}
    assert [name for name, one in found.items() if one.writes_cache] == ["app"]
    assert found["base"].tags == (f"{R}base:topic",)


def test_a_parent_that_this_build_has_pushed_stands_as_an_image_too() -> None:
    plan = plan_of(FILES)
    found = decided({BASE: HERE}, plan=plan)
    file = selection_file(found, plan, {"lib": (f"{R}lib:topic", OTHER)})
    images = {"base": f"docker-image://{R}base@{DIGEST}", "lib": f"docker-image://{R}lib@{OTHER}"}
    contexts = {target.name: target.attributes["contexts"] for target in file.targets}
    assert contexts.pop("app") == images
    # Its own parent stays in place where it is baked once more, for its cache.
    assert contexts.pop("lib") == {"base": images["base"]}
    assert list(contexts.values()) == [{"lib": images["lib"]}]


def test_what_builds_on_something_that_is_pushed_is_baked_behind_it() -> None:
    plan = plan_of(FILES)
    assert generations(("app", "base", "lib"), plan, {"base", "lib", "app"}) == (("base",), ("lib",), ("app",))
    assert generations(("app", "base", "lib"), plan, {"base"}) == (("base",), ("app", "lib"))
    assert generations(("app", "base", "lib"), plan, ()) == (("app", "base", "lib"),)
    assert generations(("app", "lib"), plan, {"base", "lib"}) == (("lib",), ("app",))
    assert generations((), plan, {"base"}) == ()


def main_contexts(plan: Plan, name: str) -> list[str]:
    contexts = next(one.attributes["contexts"] for one in main_file(plan, "master", ()).targets if one.name == name)
    assert not isinstance(contexts, (str, bool, int, tuple))
    return list(contexts)


def test_a_context_has_the_name_that_the_bake_file_has_for_it() -> None:
    found = decided({BASE: HERE}, ["lib"])
    assert found["lib"].contexts == {"base": f"docker-image://{R}base@{DIGEST}"}


def test_a_context_that_the_definition_links_under_another_name_is_replaced_too() -> None:
    files = FILES | {
        "images/app/image.yaml": 'contexts: {"debian:latest": "target:base"}\n',
        "images/app/Dockerfile": "FROM debian:latest\n",
    }
    plan = plan_of(files)
    found = decided({BASE: HERE}, ["app"], plan=plan)
    linked = [name for name in main_contexts(plan, "app") if name.startswith("debian")]
    assert linked
    assert found["app"].contexts == dict.fromkeys(linked, f"docker-image://{R}base@{DIGEST}")


def test_a_skipped_child_needs_no_parents_and_a_built_one_only_its_own() -> None:
    assert actions(decided({APP: HERE}, ["app"])) == {"app": "skip"}
    assert actions(decided({LIB: HERE}, ["lib"])) == {"lib": "skip"}
    assert actions(decided({LIB: HERE}, ["app"])) == {"app": "build", "base": "build", "lib": "skip"}


def test_a_parent_that_nobody_asked_for_says_who_needs_it() -> None:
    found = decided({}, ["lib"])
    assert found["base"].why == "lib builds on it; no image has its content key"
    assert (found["base"].tags, found["lib"].tags) == ((f"{R}base:topic",), (f"{R}lib:topic",))
    there = decided({BASE: HERE}, ["lib"])["base"]
    assert (there.why, there.tags) == (f"lib builds on it; its content is in {BASE}", (f"{R}base:topic",))


def test_a_parent_that_nobody_asked_for_is_not_built_for_a_tag_elsewhere() -> None:
    tags = {"base": (f"{R}base:own", "mirror.example/base:own")}
    found = decided({BASE: HERE}, ["lib"], tags=tags)["base"]
    assert (found.action, found.tags) == (Action.SKIP, (f"{R}base:own",))
    assert decided({BASE: HERE}, ["lib", "base"], tags=tags)["base"].action is Action.BUILD


def test_force_builds_everything() -> None:
    found = decided({BASE: HERE, LIB: HERE, APP: HERE}, force=True)
    assert {(one.action, one.why) for one in found.values()} == {(Action.BUILD, "--force builds everything")}


def test_what_cannot_be_found_is_built_with_the_reason() -> None:
    assert decided({}, ["base"], keys={})["base"].why == "it has no content key"
    local = plan_of(FILES | {"bakegen.yaml": ""})
    found = decide(local, ["base"], KEYS, {}, {}, force=False, references=lambda target: target.tags)
    assert found["base"].why == "it has no repository"
    refused = decided({}, ["base"], unknown={BASE: "no answer\nin time"})["base"]
    assert (refused.action, refused.why) == (Action.BUILD, f"{BASE} could not be looked up: no answer\\x0ain time")


def test_an_image_serves_only_with_all_platforms_that_are_wanted() -> None:
    files = FILES | {"images/base/image.yaml": "platforms: [linux/amd64, linux/arm64/v8]\n"}
    plan = plan_of(files)
    found = decided({BASE: HERE}, ["base"], plan=plan)["base"]
    assert (found.action, found.why) == (Action.BUILD, f"{BASE} is not there for linux/arm64")
    both = Present(DIGEST, ("linux/amd64", "linux/arm64"))
    assert decided({BASE: both}, ["base"], plan=plan)["base"].action is Action.SKIP


def test_a_parent_serves_only_with_the_platforms_of_the_children_that_are_built() -> None:
    plan = plan_of(FILES | {"images/lib/image.yaml": "platforms: [linux/arm64]\n"})
    assert decided({BASE: HERE}, ["lib"], plan=plan)["base"].action is Action.BUILD
    arm = Present(DIGEST, ("linux/arm64",))
    assert decided({BASE: arm}, ["lib"], plan=plan)["base"].action is Action.SKIP


def test_tags_of_the_definition_count_and_another_repository_needs_a_build() -> None:
    found = decided({BASE: HERE}, ["base"], tags={"base": (f"{R}base:own", f"{R}base:own")})["base"]
    assert (found.action, found.tags) == (Action.SKIP, (f"{R}base:own",))
    found = decided({BASE: HERE}, ["base"], tags={"base": ("mirror.example/base:own",)})["base"]
    assert found.action is Action.BUILD
    assert found.why == f"it is tagged mirror.example/base:own too, and {BASE} is in another repository"


def test_docker_hub_is_one_repository_under_several_names() -> None:
    plan = plan_of(FILES | {"bakegen.yaml": "registry: docker.io/team\n"})
    (key,) = key_references(plan, ["base"], KEYS).values()
    found = decided({key: HERE}, ["base"], plan=plan, tags={"base": ("team/base:own",)})["base"]
    assert (found.action, found.tags) == (Action.SKIP, ("team/base:own",))


NAMES = ("a", "b", "c", "d", "e")


@given(
    parents=st.lists(st.sets(st.sampled_from(NAMES), max_size=3), min_size=5, max_size=5),
    there=st.sets(st.sampled_from(NAMES)),
    wanted=st.lists(st.sampled_from(NAMES), min_size=1),
)
def test_whatever_is_there_all_that_a_build_needs_is_decided(
    parents: list[set[str]], there: set[str], wanted: list[str]
) -> None:
    files = {"bakegen.yaml": "registry: registry.example.com/team\n"}
    above = {name: {one for one in parents[at] if one < name} for at, name in enumerate(NAMES)}
    for name in NAMES:
        copies = "".join(f"COPY --from={one} /x /{one}\n" for one in sorted(above[name]))
        files |= {f"images/{name}/image.yaml": "", f"images/{name}/Dockerfile": f"FROM scratch\n{copies}"}
    plan = plan_of(files)
    keys = {name: f"k{name}" for name in NAMES}
    asked = key_references(plan, wanted, keys)
    present = {asked[name]: HERE for name in there & asked.keys()}
    found = decide(plan, wanted, keys, present, {}, force=False, references=lambda target: target.tags)

    assert set(wanted) <= set(found) <= set(asked)
    for name, one in found.items():
        skipped = {parent for parent in above[name] if found[parent].action is Action.SKIP} if not one.digest else set()
        assert (one.action is Action.SKIP) == (name in there) == bool(one.digest)
        assert one.contexts == {parent: f"docker-image://{R}{parent}@{DIGEST}" for parent in skipped}
        assert name in wanted or any(name in above[child] and found[child].action is Action.BUILD for child in found)
    assert {target.name for target in selection_file(found, plan).targets} == {n for n in found if found[n].contexts}


def test_an_output_that_is_no_image_is_always_built() -> None:
    plan = plan_of(FILES | {"images/base/image.yaml": "output: [{type: local, dest: out}, {type: image}]\n"})
    found = decided({BASE: HERE}, ["base"], plan=plan)["base"]
    assert (found.action, found.why) == (Action.BUILD, "its output is local, which no registry has")


def test_decisions_come_in_the_order_of_the_plan_and_stages_have_none() -> None:
    plan = plan_of(FILES)
    assert list(decided({}, ["lib", "app", *plan.targets])) == ["app", "base", "lib"]


def test_what_to_look_up_is_what_is_wanted_and_all_below() -> None:
    plan = plan_of(FILES)
    assert key_references(plan, ["app"], KEYS) == {"base": BASE, "lib": LIB, "app": APP}
    assert key_references(plan, ["lib"], {"lib": "l1"}) == {"lib": LIB}
    assert key_references(plan_of(FILES | {"bakegen.yaml": ""}), ["app"], KEYS) == {}
