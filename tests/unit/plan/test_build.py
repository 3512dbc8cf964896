from __future__ import annotations

import pytest

from bakegen.errors import InputError
from bakegen.plan.build import dependency_graph
from bakegen.plan.model import TargetKind
from tests.unit.projects import plan_of

MATRIX = 'matrix: {axes: {version: ["1.2", "1.3"]}}\n'
REGISTRY = "registry: registry.example.com/team\n"


def links(files: dict[str, str], target: str) -> dict[str, str]:
    return {parent.context: parent.target for parent in plan_of(files).targets[target].parents}


def test_an_image_is_found_by_the_name_in_from() -> None:
    files = {
        "images/base/image.yaml": "",
        "images/base/Dockerfile": "FROM debian:12\n",
        "images/app/image.yaml": "",
        "images/app/Dockerfile": "FROM base\nCOPY --from=base /x /x\n",
    }
    plan = plan_of(files)
    assert [(p.context, p.target) for p in plan.targets["app"].parents] == [("base", "base")]
    assert str(plan.targets["app"].parents[0].location) == "images/app/Dockerfile:1:6"
    assert plan.targets["base"].bases == ("debian:12",)
    assert dependency_graph(plan).edges == (("debian:12", "base"), ("base", "app"))


@pytest.mark.parametrize(
    "name", ["registry.example.com/team/base:1.2", "base:1.2", "base-1-2", "$PARENT", "${PARENT:-x}"]
)
def test_a_variant_is_found_by_reference_short_reference_target_and_argument(name: str) -> None:
    files = {
        "bakegen.yaml": REGISTRY,
        "images/base/image.yaml": MATRIX + 'tags: ["{{ repository }}:{{ version }}"]\n',
        "images/base/Dockerfile": "FROM debian:12\n",
        "images/app/image.yaml": "args: {PARENT: base-1-2}\n",
        "images/app/Dockerfile": f"ARG PARENT\nFROM {name}\n",
    }
    assert list(links(files, "app").values()) == ["base-1-2"]


def test_an_image_with_several_variants_is_not_meant_by_its_name_alone() -> None:
    files = {
        "images/base/image.yaml": MATRIX,
        "images/base/Dockerfile": "FROM debian:12\n",
        "images/app/image.yaml": "",
        "images/app/Dockerfile": "FROM base\n",
    }
    assert links(files, "app") == {}
    assert plan_of(files).targets["app"].bases == ("base",)


def test_an_image_may_stand_on_the_public_one_of_its_own_name() -> None:
    files = {
        "images/node/image.yaml": 'tags: ["node:20"]\n',
        "images/node/Dockerfile": "FROM node:20\n",
    }
    assert plan_of(files).targets["node"].bases == ("node:20",)


def test_a_context_of_the_definition_comes_before_a_link() -> None:
    files = {
        "images/base/image.yaml": "",
        "images/base/Dockerfile": "FROM scratch\n",
        "images/app/image.yaml": "contexts: {base: 'docker-image://debian:12'}\n",
        "images/app/Dockerfile": "FROM base\n",
    }
    assert links(files, "app") == {}


def test_a_context_that_names_no_target_is_an_error_with_its_place() -> None:
    files = {
        "images/base/image.yaml": "",
        "images/base/Dockerfile": "FROM scratch\n",
        "images/app/image.yaml": "contexts: {base: 'target:bass'}\n",
        "images/app/Dockerfile": "FROM base\n",
    }
    with pytest.raises(InputError, match=r"image\.yaml:1:18: error: there is no target 'bass'(.|\n)*mean 'base'"):
        plan_of(files)


def test_a_cycle_is_reported_with_both_places() -> None:
    files = {
        "images/a/image.yaml": "",
        "images/a/Dockerfile": "FROM b\n",
        "images/b/image.yaml": "",
        "images/b/Dockerfile": "FROM scratch\nCOPY --from=a / /\n",
    }
    with pytest.raises(InputError) as raised:
        plan_of(files)
    text = str(raised.value)
    assert "a -> b -> a" in text
    assert "images/a/Dockerfile:1:6" in text
    assert "images/b/Dockerfile:2:13" in text


def test_what_buildkit_refuses_is_refused_once_for_all_variants() -> None:
    files = {
        "images/a/image.yaml": 'matrix: {axes: {v: ["1", "2"]}}\n',
        "images/a/Dockerfile": "FROM scratch\nCOPPY a b\n",
    }
    with pytest.raises(InputError) as raised:
        plan_of(files)
    assert len(raised.value.diagnostics) == 1
    assert "images/a/Dockerfile:2:1" in str(raised.value)


def test_every_broken_image_is_named_in_one_run() -> None:
    files = {"images/a/image.yaml": "", "images/b/image.yaml": ""}
    with pytest.raises(InputError) as raised:
        plan_of(files)
    assert len(raised.value.diagnostics) == 2


STAGED = {
    "images/a/image.yaml": 'matrix: {axes: {v: ["1", "2"]}}\nstages: [tools]\nargs: {V: "{{ v }}"}\n',
    "images/a/Dockerfile": "FROM debian:12 AS tools\nRUN make\nFROM tools\nARG V\nRUN use $V\n",
}


def test_a_stage_that_is_equal_in_all_variants_is_one_target() -> None:
    plan = plan_of(STAGED)
    stages = [target for target in plan.targets.values() if target.kind is TargetKind.STAGE]
    assert [(target.name, target.stage) for target in stages] == [("a-stage-tools", "tools")]
    assert plan.groups["stages"] == ("a-stage-tools",)
    assert plan.groups["default"] == ("a-1", "a-2")
    for name in ("a-1", "a-2"):
        assert [stage.target for stage in plan.targets[name].caches[0].stages] == ["a-stage-tools"]


def test_a_stage_that_an_argument_reaches_is_one_target_a_variant() -> None:
    files = STAGED | {"images/a/Dockerfile": "FROM debian:12 AS tools\nARG V\nRUN make\nFROM tools\n"}
    assert plan_of(files).groups["stages"] == ("a-1-stage-tools", "a-2-stage-tools")


def test_a_stage_that_reads_files_is_shared_only_under_the_same_ignore_file() -> None:
    reading = {"images/a/Dockerfile": "FROM debian:12 AS tools\nCOPY . .\nFROM tools\n"}
    assert plan_of(STAGED | reading).groups["stages"] == ("a-stage-tools",)
    ignoring = {"images/a/image.yaml": STAGED["images/a/image.yaml"] + 'ignore: ["{{ v }}.mod"]\n'}
    assert plan_of(STAGED | reading | ignoring).groups["stages"] == ("a-1-stage-tools", "a-2-stage-tools")


def test_a_stage_that_is_not_there_is_an_error_at_the_definition() -> None:
    files = STAGED | {"images/a/image.yaml": "stages: [tool]\n"}
    with pytest.raises(InputError, match=r"images/a/image\.yaml:1:10: .*no stage 'tool'(.|\n)*did you mean 'tools'"):
        plan_of(files)


def test_groups_are_default_stages_selections_and_images() -> None:
    files = {
        "bakegen.yaml": "selections: {pr: newest 1 of v}\n",
        "images/a/image.yaml": 'matrix: {axes: {v: ["1.9", "1.10"]}}\n',
        "images/a/Dockerfile": "FROM scratch\n",
        "images/b/image.yaml": "default: false\n",
        "images/b/Dockerfile": "FROM scratch\n",
    }
    assert plan_of(files).groups == {
        "default": ("a-1-9", "a-1-10"),
        "stages": (),
        "pr": ("a-1-10", "b"),
        "a": ("a-1-9", "a-1-10"),
    }


def test_several_platforms_have_a_cache_each_where_a_registry_keeps_them() -> None:
    files = {
        "images/a/image.yaml": "platforms: [linux/amd64, linux/arm64]\n",
        "images/a/Dockerfile": "FROM scratch\n",
    }
    assert [c.platform for c in plan_of(files | {"bakegen.yaml": REGISTRY}).targets["a"].caches] == [
        "linux/amd64",
        "linux/arm64",
    ]
    assert [c.platform for c in plan_of(files).targets["a"].caches] == [None]


def test_a_repository_that_no_registry_takes_is_an_error_with_its_place() -> None:
    files = {
        "bakegen.yaml": REGISTRY,
        "images/a/image.yaml": "repository: registry.example.com/Team/a\n",
        "images/a/Dockerfile": "FROM scratch\n",
    }
    with pytest.raises(InputError, match=r"images/a/image\.yaml:1:13: error: .*upper-case"):
        plan_of(files)


def test_a_platform_that_is_none_is_an_error_with_its_place() -> None:
    files = {"images/a/image.yaml": "\nplatforms: [linux/amd64, a/b/c/d]\n", "images/a/Dockerfile": "FROM scratch\n"}
    with pytest.raises(InputError, match=r"images/a/image\.yaml:2:1: error: 'a/b/c/d' is no platform"):
        plan_of(files)
