"""From a plan to the two bake files: what is committed, what a branch adds, and what bake makes of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bakegen.bake.check import check
from bakegen.bake.compose import closed_under_parents, main_file, merged, override_file
from bakegen.bake.hcl import write_hcl
from bakegen.bake.jsonfile import write_json
from bakegen.bake.model import BakeFile, Choice
from bakegen.plan.branch import BranchState
from bakegen.plan.caches import ChosenCaches
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from bakegen.plan.model import Plan

REGISTRY = "registry: registry.example.com/team\n"
R = "registry.example.com/team/"
PUSH = BranchState("topic", None, "master", None, False, True, "github")
MASTER = BranchState("master", None, "master", None, False, True, "github")
FORK = BranchState("master", "master", "master", "12", False, False, "github", fork=True)
TAG = BranchState(None, None, "master", None, True, False, "github")

FILES = {
    "bakegen.yaml": REGISTRY,
    "images/base/image.yaml": "default: false\n",
    "images/base/Dockerfile": "FROM debian:12\nRUN x\n",
    "images/app/image.yaml": 'matrix: {axes: {v: ["1", "2"]}}\nignore: [x]\ncontexts: {shared: ../../shared}\n',
    "images/app/Dockerfile": "FROM base\nCOPY --from=shared / /s\nCOPY . .\n",
}


def main(plan: Plan) -> BakeFile:
    return main_file(plan, "master", ())


def override(plan: Plan, state: BranchState, *, push: bool = False, **more: object) -> BakeFile:
    given = {"caches": ChosenCaches({}, {}), "keys": {}, "tags": {}, "labels": {}, **more}
    return override_file(plan, state, (), push=push, **given)  # type: ignore[arg-type]


def attributes(file: BakeFile, name: str) -> dict[str, Any]:
    return next(dict(target.attributes) for target in file.targets if target.name == name)


def test_paths_are_relative_to_the_file_and_dockerfiles_to_their_context() -> None:
    made = attributes(main(plan_of(FILES)), "app-1")
    assert made["context"] == "images/app"
    assert made["dockerfile"] == "../../.bakegen/app-1.Dockerfile"
    assert made["contexts"] == {"shared": "shared", "base": "target:base"}


def test_the_committed_file_reads_masters_cache_alone_and_writes_none() -> None:
    made = attributes(main(plan_of(FILES)), "app-1")
    assert made["cache-from"] == ({"type": "registry", "ref": R + "app:cache-app-1.master"},)
    (entry,) = made["cache-from"]
    assert isinstance(entry["ref"], Choice)
    assert "cache-to" not in made
    assert "output" not in made


def test_the_reference_can_be_replaced_in_both_formats() -> None:
    file = main(plan_of(FILES))
    assert f'ref  = lookup(BAKEGEN_CACHE_FROM, "base", "{R}base:cache-base.master")' in write_hcl(file, "0.20")
    assert f'"ref": "${{lookup(BAKEGEN_CACHE_FROM, \\"base\\", \\"{R}base:cache-base.master\\")}}"' in write_json(
        file, "0.20"
    )
    assert 'variable "BAKEGEN_CACHE_FROM" {\n  default = {}\n}' in write_hcl(file, "0.20")


def test_without_a_registry_a_laptop_has_a_folder_and_the_engines_store() -> None:
    made = attributes(main(plan_of(FILES | {"bakegen.yaml": ""})), "base")
    assert made["output"] == ({"type": "docker"},)
    assert made["cache-from"] == ({"type": "local", "src": ".bakegen/cache/base"},)
    assert made["cache-to"][0]["dest"] == ".bakegen/cache/base"
    assert "variable" not in write_hcl(main(plan_of(FILES | {"bakegen.yaml": ""})), "0.20")


def test_a_group_names_an_image_instead_of_all_its_variants() -> None:
    groups = {group.name: group.targets for group in main(plan_of(FILES)).groups}
    assert groups == {"default": ("app-1", "app-2"), "stages": (), "app": ("app-1", "app-2")}
    both = plan_of(FILES | {"images/base/image.yaml": ""})
    assert {group.name: group.targets for group in main(both).groups}["default"] == ("app", "base")


def test_a_trusted_branch_pushes_and_writes_under_its_own_names() -> None:
    made = attributes(override(plan_of(FILES), PUSH, push=True, keys={"app-1": "abc"}), "app-1")
    assert made["tags"] == (R + "app:key-abc", R + "app:1-topic")
    assert made["cache-to"][0]["ref"] == R + "app:cache-app-1.topic"
    assert made["output"][0]["push"] == "true"
    assert made["output"][0]["compression"] == "zstd"


def test_master_keeps_its_tags() -> None:
    made = attributes(override(plan_of(FILES), MASTER, push=True), "app-1")
    assert "tags" not in made
    assert made["cache-to"][0]["ref"] == R + "app:cache-app-1.master"


def test_a_fork_adds_nothing_but_tags_of_its_own() -> None:
    for target in override(plan_of(FILES), FORK).targets:
        assert set(target.attributes) == {"tags"}
        assert all("pr-12" in tag for tag in attributes(override(plan_of(FILES), FORK), target.name)["tags"])


def test_a_tag_build_never_takes_the_tags_of_master() -> None:
    made = attributes(override(plan_of(FILES), TAG), "app-1")
    assert made == {"tags": ()}


def test_without_a_registry_no_branch_takes_the_tags_away() -> None:
    plan = plan_of(FILES | {"bakegen.yaml": ""})
    for state in (TAG, PUSH, FORK):
        assert all("tags" not in target.attributes for target in override(plan, state).targets)


def test_an_output_of_the_definition_is_pushed_only_where_it_is_an_image() -> None:
    image = FILES | {"images/base/image.yaml": "output: ['type=image,compression=gzip']\n"}
    assert attributes(override(plan_of(image), PUSH, push=True), "base")["output"] == (
        {"type": "image", "compression": "gzip", "push": "true"},
    )
    local = FILES | {"images/base/image.yaml": "output: ['type=local,dest=out']\n"}
    assert "output" not in attributes(override(plan_of(local), PUSH, push=True), "base")


def test_several_platforms_are_exported_by_a_target_each() -> None:
    files = FILES | {"images/base/image.yaml": "platforms: [linux/amd64, linux/arm64]\n"}
    plan = plan_of(files)
    made = override(plan, PUSH)
    assert "cache-to" not in attributes(made, "base")
    twin = attributes(made, "base-cache-linux-arm64")
    assert twin["inherits"] == ("base",)
    assert twin["cache-to"][0]["ref"] == R + "base:cache-base.linux-arm64.topic"
    assert {group.name: group.targets for group in made.groups} == {
        "default": ("app", "base", "base-cache-linux-amd64", "base-cache-linux-arm64")
    }
    assert check(merged(main(plan), made), "0.20") == ()


def test_what_a_cache_export_writes_is_written_once() -> None:
    plan = plan_of(FILES)
    both = merged(main(plan), override(plan, PUSH))
    entries = [entry for target in both.targets for entry in attributes(both, target.name)["cache-to"]]
    written = [entry["ref"] for entry in entries]
    assert len(written) == len(set(written)) == 3


def test_a_selection_brings_what_it_builds_on() -> None:
    plan = closed_under_parents(plan_of(FILES), ["app-2"])
    assert list(plan.targets) == ["app-2", "base"]
    assert plan.groups == {"default": ("app-2",), "stages": (), "app": ("app-2",)}


def test_images_that_are_pushed_carry_a_cache_where_that_is_wanted() -> None:
    plan = plan_of(FILES)
    inline = {"type": "inline"}
    written = attributes(override(plan, PUSH, push=True, inline=True), "app-1")["cache-to"]
    assert [entry["type"] for entry in written] == ["registry", "inline"]
    assert inline not in attributes(override(plan, PUSH, push=True), "app-1")["cache-to"]
    assert inline not in attributes(override(plan, PUSH, push=False, inline=True), "app-1")["cache-to"]
    # Nobody else can read what is not pushed, and `none` is no cache of any kind.
    for more in ("output: [{type: local, dest: out}]\n", "cache: {policy: none}\n"):
        other = plan_of(FILES | {"images/base/image.yaml": more})
        assert inline not in attributes(override(other, PUSH, push=True, inline=True), "base").get("cache-to", ())
    # One export a platform goes to targets of their own; the image has just its own.
    both = plan_of(FILES | {"images/base/image.yaml": "platforms: [linux/amd64, linux/arm64]\n"})
    file = override(both, PUSH, push=True, inline=True)
    assert attributes(file, "base")["cache-to"] == (inline,)
    assert [entry["type"] for entry in attributes(file, "base-cache-linux-arm64")["cache-to"]] == ["registry"]
    assert check(merged(main(both), file), "0.20") == ()
