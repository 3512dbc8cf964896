"""Variables: what is expanded and where, scopes of ARG and ENV, which values reach which RUN."""

from __future__ import annotations

import pytest

from bakegen.dockerfile.references import context_name
from bakegen.dockerfile.resolve import BaseImage
from tests.unit.dockerfile.reading import environment, errors, good, resolved

HEAD = "FROM scratch\nARG V=v\n"


def last(text: str, **args: str):  # type: ignore[no-untyped-def]
    target = good(text, args).target
    assert target is not None
    return target.steps[-1]


class TestExpanded:
    def test_from_name_and_platform_by_global_args_only(self) -> None:
        found = good("ARG I=scratch P=linux/arm64\nFROM --platform=$P $I\n")
        assert found.target is not None
        assert (found.target.image, str(found.target.platform)) == ("scratch", "linux/arm64")
        assert errors(resolved("FROM scratch\nARG I=x\nFROM $I\n")) == ["empty-from"]

    @pytest.mark.parametrize("keyword", ["ENV", "LABEL"])
    def test_env_and_label_keys_and_values(self, keyword: str) -> None:
        assert last(f"{HEAD}{keyword} k$V='$V' b=\"$V\"").pairs == (("kv", "$V"), ("b", "v"))

    def test_arg_values_but_not_names(self) -> None:
        assert last(HEAD + "ARG X$V=$V").pairs == (("X$V", "v"),)

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("USER $V:$V", ("v:v",)),
            ("WORKDIR /$V/../x", ("/x",)),
            ("VOLUME /$V /b", ("/v", "/b")),
        ],
    )
    def test_user_workdir_volume(self, line: str, words: tuple[str, ...]) -> None:
        assert last(HEAD + line).words == words

    def test_expose_stopsignal(self) -> None:
        assert last(HEAD + "EXPOSE ${V:-1} $P", V="8 9", P="10/udp").words == ("8", "9")
        assert last("FROM scratch\nARG P\nEXPOSE $P", P="10/udp").words == ("10/udp",)
        assert last("FROM scratch\nARG S=TERM\nSTOPSIGNAL SIG$S").words == ("SIGTERM",)

    def test_copy_and_add(self) -> None:
        step = last(HEAD + "COPY --chown=$V:1 --chmod=${M:-755} a$V '$V' /to/$V")
        assert (step.sources, step.destination) == (("av", "$V"), "/to/v")
        assert (step.chown, step.chmod) == ("v:1", "755")
        assert last(HEAD + "ADD --checksum=sha256:$V https://a/$V /b").checksum == "sha256:v"

    def test_heredoc_bodies_of_copy_in_the_builder_of_run_in_the_shell(self) -> None:
        step = last(HEAD + "COPY <<a <<'b' /x\n$V \"$V\" '$V' \\$V\na\n$V\nb\n")
        assert step.files == (("a", "v \"v\" 'v' $V\n"), ("b", "$V\n"))
        assert last(HEAD + "RUN <<E\n${V:?x} ${broken\nE\n").command.heredocs[0].body == "${V:?x} ${broken\n"

    def test_mount_values(self) -> None:
        (mount,) = last(HEAD + "RUN --mount=type=${T:-cache},target=/$V,id=$V x").mounts
        assert (mount.kind, mount.target, mount.id) == ("cache", "/v", "v")

    @pytest.mark.parametrize(
        "line",
        [
            "RUN ${V:?} ${x",
            "CMD ${x",
            "ENTRYPOINT ${x",
            "HEALTHCHECK CMD ${x",
            'SHELL ["${x"]',
            "COPY --exclude=${x a b",
            "RUN --device=${x y",
            "MAINTAINER ${x",
            "ONBUILD ENV A=${x",
        ],
    )
    def test_not_expanded(self, line: str) -> None:
        good(HEAD + line)

    @pytest.mark.parametrize("line", ["RUN --network=$V x", "RUN --security=$V x"])
    def test_network_and_security_are_taken_as_written(self, line: str) -> None:
        assert errors(resolved(HEAD + line)) == ["bad-flag-value"]

    def test_from_of_copy_and_mount_hold_no_variable(self) -> None:
        assert errors(resolved(HEAD + "COPY --from=$V a b")) == ["from-variable"]
        assert errors(resolved(HEAD + "RUN --mount=from=$V,target=/x y")) == ["bad-mount"]

    @pytest.mark.parametrize("target", [".", "x/.."])
    def test_a_mount_at_the_top_is_refused_where_the_working_directory_is_known(self, target: str) -> None:
        run = f"RUN --mount=type=bind,target={target} x"
        # The image may set a WORKDIR, which BuildKit joins a relative target to.
        good(f"FROM image\n{run}")
        good(f"FROM image AS a\nFROM a\n{run}")
        good(f"FROM scratch\nWORKDIR /src\n{run}")
        assert errors(resolved(f"FROM scratch\n{run}")) == ["bad-mount"]
        assert errors(resolved(f"FROM image\nWORKDIR /\n{run}")) == ["bad-mount"]
        images = {context_name("image"): BaseImage()}
        assert errors(resolved(f"FROM image\n{run}", images=images)) == ["bad-mount"]
        images = {context_name("image"): BaseImage(working_dir="/src")}
        good(f"FROM image\n{run}", images=images)

    def test_onbuild_expands_when_triggered(self) -> None:
        text = "FROM scratch AS a\nARG V=base\nONBUILD ENV X=$V\nENV V=later\nFROM a\n"
        assert environment(text)["X"] == "later"

    def test_unset_is_empty_so_a_copy_takes_the_whole_context(self) -> None:
        assert last("FROM scratch\nCOPY $UNSET /y").sources == ("",)


class TestScopes:
    def test_one_env_instruction_sees_the_state_before_it_one_arg_instruction_is_sequential(self) -> None:
        assert environment("FROM scratch\nENV A=1\nENV A=2 B=$A") == {"A": "2", "B": "1"}
        assert environment("FROM scratch\nARG A=2 B=$A") == {"A": "2", "B": "2"}
        assert good("ARG A=1 B=$A\nFROM scratch").global_args.get("B") == "1"

    def test_global_args_reach_from_lines_and_bare_args_in_a_stage(self) -> None:
        assert environment("ARG A=1 B=2\nFROM scratch\nARG A\nENV C=$A$B") == {"A": "1", "C": "1"}

    def test_a_stage_default_beats_the_global_and_a_build_argument_beats_both(self) -> None:
        text = "ARG A=global\nFROM scratch\nARG A=stage\n"
        assert environment(text) == {"A": "stage"}
        assert environment(text, {"A": "given"}) == {"A": "given"}

    def test_a_build_argument_is_not_expanded(self) -> None:
        assert environment("ARG A=1\nFROM scratch\nARG A\nARG B", {"B": "$A"}) == {"A": "1", "B": "$A"}

    def test_the_last_writer_wins_between_env_and_arg_while_the_image_keeps_env(self) -> None:
        found = good("FROM scratch\nENV X=a\nARG X=b\nRUN y\n").target
        assert found is not None
        assert found.steps[-1].environment.get("X") == "b"
        assert found.image_environment is not None
        assert found.image_environment.get("X") == "a"
        assert environment("FROM scratch\nARG X=b\nENV X=a\n") == {"X": "a"}

    def test_a_child_stage_begins_with_what_the_image_keeps(self) -> None:
        assert environment("FROM scratch AS a\nENV X=a\nARG X=b\nARG Y=y\nFROM a\n") == {"X": "a", "Y": "y"}

    def test_a_set_arg_is_in_the_environment_of_later_runs_and_of_child_stages_in_order(self) -> None:
        text = "FROM scratch AS a\nARG A=1\nENV B=2\nRUN x\nFROM a\nENV A=3\nRUN y\n"
        found = good(text)
        run = found.stages[0].steps[-1]
        assert [name for name, _ in run.environment.items()] == ["PATH", "A", "B"]
        assert [name for name, _ in found.stages[1].steps[-1].environment.items()] == ["PATH", "B", "A"]

    def test_an_unset_bare_arg_adds_nothing(self) -> None:
        assert environment("FROM scratch\nARG A\n") == {}
        assert environment("FROM scratch\nARG A=\n") == {"A": ""}

    def test_proxy_build_args_do_not_enter_unless_declared(self) -> None:
        given = {"http_proxy": "http://p", "HTTPS_PROXY": "http://q"}
        assert environment("FROM scratch\nRUN x\n", given) == {}
        assert environment("FROM scratch\nARG http_proxy\n", given) == {"http_proxy": "http://p"}

    def test_build_arguments_that_nobody_declares_do_not_enter(self) -> None:
        assert environment("FROM scratch\nENV X=$A\n", {"A": "1"}) == {"X": ""}

    def test_platform_args_are_global_and_enter_a_stage_when_declared(self) -> None:
        text = "FROM --platform=$BUILDPLATFORM scratch\nARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT\n"
        found = environment(text, platform="linux/arm/v7", build_platform="linux/amd64")
        assert found == {
            "TARGETPLATFORM": "linux/arm/v7",
            "TARGETOS": "linux",
            "TARGETARCH": "arm",
            "TARGETVARIANT": "v7",
        }
        assert environment(
            "FROM scratch\nARG BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT", platform="linux/arm64"
        ) == {
            "BUILDPLATFORM": "linux/amd64",
            "BUILDOS": "linux",
            "BUILDARCH": "amd64",
            "BUILDVARIANT": "",
        }
        assert environment("FROM scratch\nENV A=$TARGETARCH\n") == {"A": ""}

    def test_target_stage(self) -> None:
        text = "FROM scratch AS a\nARG TARGETSTAGE\nFROM scratch AS b\nARG TARGETSTAGE\n"
        assert environment(text) == {"TARGETSTAGE": "b"}
        assert environment(text, target="A") == {"TARGETSTAGE": "A"}
        assert environment("FROM scratch\nARG TARGETSTAGE\n") == {"TARGETSTAGE": "default"}

    def test_a_build_argument_beats_a_platform_arg(self) -> None:
        text = "FROM scratch\nARG TARGETARCH\n"
        assert environment(text, {"TARGETARCH": "mine"}) == {"TARGETARCH": "mine"}

    def test_a_global_default_can_read_platform_args_and_earlier_ones(self) -> None:
        text = "ARG A=$TARGETARCH\nARG A=${A}-x\nFROM scratch\nARG A\n"
        assert environment(text) == {"A": "amd64-x"}

    def test_steps_know_the_state_before_them(self) -> None:
        text = 'FROM scratch\nWORKDIR a\nUSER u\nSHELL ["s"]\nWORKDIR b\nRUN x\n'
        target = good(text).target
        assert target is not None
        assert [(s.directory, s.user, s.shell) for s in target.steps[-2:]] == [
            ("/a", "u", ("s",)),
            ("/a/b", "u", ("s",)),
        ]
