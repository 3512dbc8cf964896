"""Stages: their graph, names and indexes, named contexts, ONBUILD, what is read from outside, the outline."""

from __future__ import annotations

import pytest

from bakegen.dockerfile.outline import outline
from bakegen.dockerfile.resolve import BaseImage
from tests.unit.dockerfile.reading import codes, diagnostics, environment, errors, good, model, resolved


def labels(text: str, **options: object) -> list[str]:
    return [stage.stage.label for stage in good(text, **options).reachable]  # type: ignore[arg-type]


class TestNames:
    def test_from_matches_earlier_stages_by_their_lower_case_name_only(self) -> None:
        found = good("FROM scratch AS Base\nFROM base AS two\n")
        assert found.stages[1].base is found.stages[0]
        assert errors(resolved("FROM scratch AS base\nFROM Base\n")) == ["bad-image-name"]

    def test_from_does_not_find_later_stages(self) -> None:
        found = good("FROM later\nFROM scratch AS later\n")
        assert (found.stages[0].base, found.stages[0].kind) == (None, "image")

    @pytest.mark.parametrize("name", ["base", "BASE", "Base"])
    def test_copy_mount_and_target_ignore_case(self, name: str) -> None:
        text = f"FROM scratch AS base\nFROM scratch\nCOPY --from={name} a b\nRUN --mount=from={name},target=/x y\n"
        found = good(text)
        assert [link.target for link in found.stages[1].links] == [0, 0]
        assert found.external_images == ()
        target = good(text, target=name).target
        assert target is not None
        assert target.stage.name == "base"

    def test_a_number_is_a_stage_for_copy_and_an_image_for_a_mount(self) -> None:
        found = good("FROM scratch AS a\nFROM scratch\nCOPY --from=0 a b\nRUN --mount=from=0,target=/x y\n")
        assert [(link.name, link.target) for link in found.stages[1].links] == [("0", 0), ("0", None)]
        assert [image.reference for image in found.external_images] == ["docker.io/library/0:latest"]

    @pytest.mark.parametrize("index", ["-1", "1", "99999999999999999999"])
    def test_an_index_without_a_stage(self, index: str) -> None:
        assert errors(resolved(f"FROM scratch\nCOPY --from={index} a b\n")) == ["bad-stage-index"]

    def test_after_the_stages_buildkit_counts_the_images_used(self) -> None:
        found = good("FROM scratch\nCOPY --from=nginx a b\nCOPY --from=1 a b\n")
        assert [image.name for image in found.external_images] == ["nginx", "nginx"]

    def test_the_last_stage_of_a_name_is_copied_from_the_last_before_is_built_on(self) -> None:
        found = good("FROM scratch AS x\nFROM x AS x\nFROM x\nCOPY --from=x a b\n")
        assert [stage.base and stage.base.stage.index for stage in found.stages] == [None, 0, 1]
        assert found.stages[2].links[0].target == 1
        assert [d.code for d in diagnostics(found)] == ["duplicate-stage-name"]

    def test_an_unknown_target_names_a_close_one(self) -> None:
        found = resolved("FROM scratch AS build\nFROM scratch\n", target="biuld")
        assert [(d.code, d.help) for d in found.diagnostics] == [("unknown-target", "did you mean 'build'?")]
        assert found.target is None

    def test_later_stages_cannot_be_used(self) -> None:
        text = "FROM scratch AS a\n{}\nFROM scratch AS b\nFROM a\n"
        assert errors(resolved(text.format("COPY --from=b x y"))) == ["later-stage"]
        assert errors(resolved(text.format("RUN --mount=from=b,target=/x y"))) == ["later-stage"]

    def test_cycles_are_reported_with_both_places(self) -> None:
        found = resolved("FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\nCOPY --from=a x y\nFROM scratch\n")
        (cycle,) = [d for d in found.diagnostics if d.code == "stage-cycle"]
        assert str(cycle.location) == "Dockerfile:2:13"
        assert [str(label.location) for label in cycle.labels] == ["Dockerfile:4:13"]

    def test_a_mount_from_nothing_is_no_link(self) -> None:
        assert good("FROM scratch\nRUN --mount=target=/x,from= y\n").stages[0].links == []


class TestReach:
    TEXT = (
        "FROM scratch AS a\nFROM scratch AS unused\nRUN --mount=type=what,target=/x y\n"
        "FROM a AS b\nFROM scratch AS c\nCOPY --from=b x y\nFROM scratch\nRUN --mount=from=c,target=/c z\n"
    )

    def test_only_what_the_target_needs_in_the_order_of_the_file(self) -> None:
        assert labels(self.TEXT) == ["a", "b", "c", "stage-4"]
        assert labels(self.TEXT, target="b") == ["a", "b"]

    def test_what_is_not_reached_is_not_refused(self) -> None:
        assert errors(resolved(self.TEXT, target="unused")) == ["bad-mount"]

    def test_but_its_images_must_be_names(self) -> None:
        assert errors(resolved("FROM a@b\nFROM scratch\n")) == ["bad-image-name"]


class TestOutside:
    def test_images_with_place_origin_and_platform(self) -> None:
        text = (
            "ARG TAG=3\nFROM --platform=linux/arm64 alpine:$TAG AS a\n"
            "FROM a\nCOPY --from=nginx:1 x y\nRUN --mount=from=ghcr.io/x/y@sha256:" + "a" * 64 + ",target=/x z\n"
        )
        found = good(text)
        source = found.dockerfile.source
        assert [(i.name, i.origin, source.slice(i.span)[:12]) for i in found.external_images] == [
            ("alpine:3", "FROM", "alpine:$TAG"),
            ("nginx:1", "COPY --from", "nginx:1"),
            ("ghcr.io/x/y@sha256:" + "a" * 64, "mount", "from=ghcr.io"),
        ]
        assert [i.reference for i in found.external_images[:2]] == [
            "docker.io/library/alpine:3",
            "docker.io/library/nginx:1",
        ]
        assert str(found.external_images[0].platform) == "linux/arm64"

    def test_scratch_is_no_image(self) -> None:
        assert (
            good("FROM scratch\nCOPY --from=scratch a b\nRUN --mount=from=scratch,target=/x y\n").external_images == ()
        )

    def test_context_reads(self) -> None:
        text = (
            "FROM scratch AS a\nARG D=src\nCOPY --exclude=*.o --parents $D ./x /y/\n"
            "ADD a https://x/y git@h:x/y.git /z\nADD https://x/y /z\nCOPY <<E /x\nE\nCOPY <<E file /x\nE\n"
            "RUN --mount=source=$D,target=/x --mount=type=cache,target=/y --mount=target=/w z\n"
            "FROM scratch\nCOPY --from=a / /\nRUN --mount=from=a,target=/x y\n"
        )
        reads = good(text).context_reads
        assert [(r.origin, r.sources, r.exclude, r.parents) for r in reads] == [
            ("COPY", ("src", "./x"), ("*.o",), True),
            ("ADD", ("a",), (), False),
            ("COPY", ("file",), (), False),
            ("mount", ("src",), (), False),
            ("mount", ("/",), (), False),
        ]


class TestNamedContexts:
    TEXT = (
        "FROM alpine:latest AS base\nRUN x\nFROM base AS mid\nFROM mid\nCOPY --from=tools a b\nCOPY --from=base a b\n"
    )

    def test_override_images(self) -> None:
        found = good(self.TEXT, contexts={"docker.io/library/alpine": "target:alpine", "tools": "../tools"})
        assert [(i.name, i.context) for i in found.external_images] == [
            ("alpine:latest", "target:alpine"),
            ("tools", "../tools"),
        ]
        assert found.stages[0].kind == "context"

    def test_override_stages_which_are_not_built_then(self) -> None:
        found = good(self.TEXT, contexts={"base": "docker-image://x"})
        base = found.stages[0]
        assert (base.kind, base.replaced, base.steps) == ("context", True, [])
        assert [(i.name, i.context) for i in found.external_images] == [
            ("base", "docker-image://x"),
            ("tools", None),
        ]

    def test_of_a_platform(self) -> None:
        contexts = {"alpine::linux/arm64": "arm", "alpine": "other"}
        assert good("FROM alpine", contexts=contexts).target.context == "other"  # type: ignore[union-attr]
        assert good("FROM alpine", contexts=contexts, platform="linux/arm64/v8").target.context == "arm"  # type: ignore[union-attr]

    @pytest.mark.parametrize("name", ["scratch", "context"])
    def test_exempt_names(self, name: str) -> None:
        found = good(f"FROM {name}\n", contexts={name: "x"})
        assert found.target is not None
        assert found.target.context is None

    def test_a_later_stage_that_a_context_stands_for_can_be_used(self) -> None:
        text = "FROM scratch\nCOPY --from=b x y\nFROM scratch AS b\n"
        good(text, contexts={"b": "dir"}, target=None)


class TestInheritance:
    def test_children_inherit_environment_directory_user_and_shell(self) -> None:
        text = 'FROM scratch AS a\nENV E=1\nARG A=2\nWORKDIR /w\nUSER u\nSHELL ["s"]\nFROM a\nRUN x\n'
        target = good(text).target
        assert target is not None
        step = target.steps[0]
        assert (step.directory, step.user, step.shell) == ("/w", "u", ("s",))
        assert (step.environment.get("E"), step.environment.get("A")) == ("1", "2")

    def test_facts_of_an_image_outside_the_file(self) -> None:
        facts = BaseImage(
            env=(("PATH", "/b"), ("P", "q")), working_dir="/w", user="u", shell=("s",), onbuild=("ENV O=$P",)
        )
        found = good("FROM alpine:3\nWORKDIR x\n", images={"docker.io/library/alpine:3": facts}).target
        assert found is not None
        assert found.environment is not None
        assert found.base_known
        assert found.environment.items() == (("PATH", "/b"), ("P", "q"), ("O", "q"))
        assert (found.directory, found.user, found.shell) == ("/w/x", "u", ("s",))
        assert [step.triggered for step in found.steps] == [True, False]

    def test_onbuild_of_a_base_runs_right_after_from_and_not_in_grandchildren(self) -> None:
        text = "FROM scratch AS a\nONBUILD ENV O=1\nFROM a AS b\nENV P=$O\nFROM b\nRUN x\n"
        found = good(text)
        assert [(s.command.name, s.triggered) for s in found.stages[1].steps] == [("ENV", True), ("ENV", False)]
        assert [s.triggered for s in found.stages[2].steps] == [False]
        assert environment(text)["P"] == "1"

    def test_onbuild_can_reach_further_stages(self) -> None:
        text = "FROM scratch AS t\nFROM scratch AS a\nONBUILD COPY --from=t x y\nFROM a\n"
        assert labels(text) == ["t", "a", "stage-2"]
        assert labels(text, target="a") == ["a"]

    def test_onbuild_that_cannot_be_read_fails_when_triggered_only(self) -> None:
        text = "FROM scratch AS a\nONBUILD FOO x\n"
        assert errors(resolved(text)) == []
        assert errors(resolved(text + "FROM a\n")) == ["bad-trigger"]
        facts = {"b": BaseImage(onbuild=("FOO x", "FROM y", "RUN a\nRUN b"))}
        assert errors(resolved("FROM b", images=facts)) == ["bad-trigger"] * 3


class TestOutline:
    TEXT = (
        "# USED of FROM\nARG USED=scratch OTHER=$USED\nARG UNUSED\n# base the base\nFROM $USED AS base\n"
        "RUN --mount=type=secret,id=s --mount=type=cache,target=/c x\n"
        "FROM base AS app\n# LOCAL of the stage\nARG LOCAL=1\nARG OTHER\n"
        "RUN --mount=type=ssh,required --mount=type=secret,target=/etc/t x\n"
    )

    def test_arguments_with_values_and_descriptions(self) -> None:
        found = outline(good(self.TEXT, {"LOCAL": "given"}))
        assert [(a.name, a.value, a.description, a.line) for a in found.args] == [
            ("USED", "scratch", "of FROM", 2),
            ("OTHER", "scratch", "", 2),
            ("LOCAL", "given", "of the stage", 9),
        ]

    def test_secrets_ssh_and_caches(self) -> None:
        found = outline(good(self.TEXT))
        assert [(s.name, s.required) for s in found.secrets] == [("s", False), ("t", False)]
        assert [(s.name, s.required) for s in found.ssh] == [("default", True)]
        assert [c.name for c in found.caches] == ["/c"]

    def test_name_and_description(self) -> None:
        found = outline(good(self.TEXT, target="base"))
        assert (found.name, found.description, found.ssh) == ("base", "the base", ())

    def test_targets(self) -> None:
        assert [(t.name, t.base, t.description, t.platform, t.default, t.line) for t in model(self.TEXT).targets()] == [
            ("base", "$USED", "the base", "", False, 5),
            ("app", "base", "", "", True, 7),
        ]


def test_reserved_stage_names_warn() -> None:
    assert codes(model("FROM scratch AS context\n").diagnostics) == []
    assert [d.code for d in model("FROM scratch AS context\n").diagnostics] == ["reserved-stage-name"]
