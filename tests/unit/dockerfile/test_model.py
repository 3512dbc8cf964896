"""Typed instructions: operands, flags and mounts with their spans, and a diagnostic for what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bakegen.diagnostics import render_text
from bakegen.dockerfile.flags import FLAGS
from bakegen.dockerfile.instructions import Add, Copy, Healthcheck, Onbuild, Run
from bakegen.dockerfile.mounts import MOUNT_KEYS, MountError, csv_fields
from tests.unit.dockerfile.reading import errors, good, model, pointed_at, resolved


def command(line: str) -> Any:
    found = model(f"FROM scratch\n{line}\n")
    assert found.ok, found.diagnostics
    return found.stages[0].commands[0]


def test_the_flags_of_each_instruction() -> None:
    assert {name: " ".join(flags) for name, flags in FLAGS.items()} == {
        "FROM": "platform",
        "COPY": "from chown chmod link exclude parents",
        "ADD": "chown chmod link exclude keep-git-dir checksum unpack",
        "RUN": "mount network security device",
        "HEALTHCHECK": "interval timeout start-period start-interval retries",
    }


def test_copy() -> None:
    found = command("COPY --from=x --chown=1:2 --chmod=755 --link --parents --exclude=a --exclude=b one two /to")
    assert isinstance(found, Copy)
    assert [source.text for source in found.sources] == ["one", "two"]
    assert (str(found.destination), str(found.source_stage)) == ("/to", "x")
    assert (str(found.chown), str(found.chmod), found.link, found.parents) == ("1:2", "755", True, True)
    assert [pattern.text for pattern in found.exclude] == ["a", "b"]


def test_add() -> None:
    found = command("ADD --checksum=sha256:a --keep-git-dir=false --unpack https://x/y /to")
    assert isinstance(found, Add)
    assert (str(found.checksum), found.keep_git_dir, found.unpack) == ("sha256:a", False, True)
    assert (command("ADD a b").keep_git_dir, command("ADD a b").unpack) == (None, None)


def test_run() -> None:
    found = command("RUN --network=none --security=insecure --device=vendor.com/x=y,required --mount=target=/m a  b")
    assert isinstance(found, Run)
    assert (found.network, found.security, found.line.shell) == ("none", "insecure", "a  b")
    assert [(device.device, device.required) for device in found.devices] == [("vendor.com/x=y", True)]
    assert (command("RUN a").network, command("RUN a").security) == ("default", "sandbox")
    assert (command('RUN ["a", "b"]').line.words, command('RUN ["a", "b"]').line.shell) == (("a", "b"), None)


def test_healthcheck() -> None:
    found = command("HEALTHCHECK --interval=1m --retries=3 CMD a  b")
    assert isinstance(found, Healthcheck)
    assert found.line is not None
    assert found.line.words == ("a  b",)
    assert [(name, value.text) for name, value in found.flags] == [("interval", "1m"), ("retries", "3")]
    assert command("HEALTHCHECK none").line is None


def test_onbuild() -> None:
    found = command("onbuild  COPY --link <<E  /x\nbody\nE")
    assert isinstance(found, Onbuild)
    assert found.expression == "COPY --link <<E  /x\nbody\nE"
    assert isinstance(found.trigger, Copy)
    assert [file.content for file in found.trigger.files] == ["body\n"]


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("ENV a=b c='d e' f=\"g\" h=i\\ j k=", [("a", "b"), ("c", "'d e'"), ("f", '"g"'), ("h", "i\\ j"), ("k", "")]),
        ("ENV a  b  c ", [("a", "b  c")]),
        ("ENV a=b=c", [("a", "b=c")]),
        ('LABEL "a b"=c', [('"a b"', "c")]),
        ("ENV a=\u2003b=c", [("a", ""), ("b", "c")]),
        ("ENV a='b", [("a", "'b")]),
        ("ENV a=b\\", [("a", "b")]),
        ("ENV a=\udcff", [("a", "\ufffd")]),
    ],
)
def test_pairs(line: str, pairs: list[tuple[str, str]]) -> None:
    assert [(pair.key, pair.value) for pair in command(line).pairs] == pairs


def test_arg_items() -> None:
    items = model("# A the a\nARG A=1 B C=\nFROM scratch\n").global_args[0].items
    assert [(i.name, i.default, i.description) for i in items] == [("A", "1", "the a"), ("B", None, ""), ("C", "", "")]


class TestMounts:
    def test_keys(self) -> None:
        assert " ".join(MOUNT_KEYS) == (
            "type from source src target dst destination readonly ro readwrite rw "
            "required size id sharing mode uid gid env"
        )

    def test_as_written(self) -> None:
        (mount,) = command("RUN --mount=type=Cache,SRC=$A,dst=/t,ro x").mounts
        assert (mount.kind, mount.get("source"), mount.get("target"), mount.get("size")) == ("cache", "$A", "/t", None)

    @pytest.mark.parametrize(
        ("text", "facts"),
        [
            ("target=/x", {"kind": "bind", "read_only": True}),
            ("target=/x,rw", {"read_only": False}),
            ("target=/x,readwrite=false", {"read_only": True}),
            ("type=cache,target=/x", {"kind": "cache", "read_only": False}),
            ("type=cache,target=/x,ro=1", {"read_only": True}),
            ("type=tmpfs,target=/x,size=1.5k", {"size": 1536}),
            ("type=secret,id=x,env=Y,required", {"id": "x", "env": "Y", "required": True}),
            ("type=ssh,mode=0600,uid=1,gid=2", {"mode": 0o600, "uid": 1, "gid": 2}),
            ("type=cache,target=/x,sharing=LOCKED,id=i,from=a,source=/s", {"sharing": "locked", "source_stage": "a"}),
            ('type=cache,\\"target=/a,b\\"', {"target": "/a,b"}),
        ],
    )
    def test_facts(self, text: str, facts: dict[str, object]) -> None:
        target = good(f"FROM scratch AS a\nFROM scratch\nRUN --mount={text} x\n").target
        assert target is not None
        (mount,) = target.steps[0].mounts
        assert {name: getattr(mount, name) for name in facts} == facts

    def test_csv(self) -> None:
        assert csv_fields('a,"b,""c",,') == ["a", 'b,"c', "", ""]
        for bad in ("", 'a"b', '"a', '"a"b'):
            with pytest.raises(MountError):
                csv_fields(bad)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("FROM scratch\nRUN --mont=x y\n", "unknown-flag", "--mont=x"),
        ("FROM scratch\nCOPY --chown a b\n", "missing-flag-value", "--chown"),
        ("FROM scratch\nCOPY --link=maybe a b\n", "bad-flag-value", "maybe"),
        ("FROM scratch\nRUN \\\n  # c\n  --network=x y\n", "bad-flag-value", "x"),
        ("FROM scratch\nRUN --mount=type=cache,target=/x,size=1 \\\n y\n", "bad-mount", "type=cache,target=/x,size=1"),
        ("FROM scratch AS 1\n", "bad-stage-name", "1"),
        ("FROM scratch\nENV A=1 =2\n", "blank-name", "=2"),
        ("FROM $X\n", "empty-from", "$X"),
        ("FROM scratch\nCOPY --from=$A a b\n", "from-variable", "$A"),
        ("FROM scratch\nSTOPSIGNAL NOPE\n", "bad-signal", "NOPE"),
        ("FROM scratch\nEXPOSE 1 x\n", "bad-port", "x"),
        ("FROM scratch\nCOPY a https://x b\n", "remote-copy", "https://x"),
        ("RUN x\nFROM scratch\n", "no-stage", "RUN x"),
        ("FROM scratch\nRUN <<E\n", "unterminated-heredoc", "RUN <<E"),
        ("FROM scratch\nONBUILD ONBUILD RUN x\n", "bad-onbuild", "ONBUILD"),
        ("FROM scratch\nENV A=${x\n", "bad-expansion", "ENV A=${x"),
    ],
)
def test_refusals_point_at_their_place(text: str, code: str, place: str) -> None:
    found = resolved(text)
    assert errors(found) == [code]
    assert pointed_at(found) == [place]


def test_a_refusal_says_where_and_what_to_do() -> None:
    (found,) = model("FROM scratch\nCOPY --form=x a b\n").diagnostics
    assert render_text(found) == (
        "Dockerfile:2:6: error: unknown flag for COPY: --form [unknown-flag]\n"
        "    2 | COPY --form=x a b\n"
        "      |      ^^^^^^^^\n"
        "  help: did you mean 'from'?"
    )


def test_several_refusals_are_collected() -> None:
    assert errors(model("FROM scratch\nFOO\nENV A\nUSER\nCOPY x\n")) == [
        "unknown-instruction",
        "missing-value",
        "missing-argument",
        "missing-argument",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n", "\ufeff"])
def test_nothing_to_build(text: str) -> None:
    assert errors(resolved(text)) == ["no-stages"]


def test_flags_of_arg_and_stopsignal_are_never_looked_at() -> None:
    good("FROM scratch\nARG --x A\nSTOPSIGNAL --y 9\n")
