"""Rules about instructions: what their examples do not show."""

from __future__ import annotations

import pytest

from bakegen.rules.check import check_dockerfile
from bakegen.rules.config import Config
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.rules.model import Settings
from bakegen.rules.practice._spdx import is_expression
from bakegen.text import Source

EVERY = tuple(f"DF{number}" for number in range(202, 237) if number not in (222, 223))


def found(text: str, **settings: object) -> list[tuple[str, str, tuple[str, ...]]]:
    """Code, marked text and twins of all that the rules about instructions find."""
    source = Source("Dockerfile", text)
    config = Config(select=("GE001", *EVERY))
    results = check_dockerfile(DockerfileSubject(source, settings=Settings(**settings)), config)  # type: ignore[arg-type]
    return [(one.rule.code, source.slice(one.finding.span), one.twins) for one in results]


@pytest.mark.parametrize(
    ("text", "twins"),
    [
        ("FROM scratch\nEXPOSE 70000\n", ("hadolint:DL3011",)),
        ("FROM scratch AS a\nCOPY --from=a x /y\n", ("hadolint:DL3022", "hadolint:DL3023")),
        (
            "FROM scratch AS a\nCOPY --from=b x /y\nFROM scratch AS b\nFROM a\n",
            ("hadolint:DL3022",),
        ),
        ("FROM scratch\nCOPY --from=7 x /y\n", ("hadolint:DL3022",)),
        ("FROM scratch\nONBUILD FROM scratch\n", ("hadolint:DL3043",)),
        ("FROM scratch\nONBUILD ONBUILD RUN make\n", ("hadolint:DL3043",)),
        ("LABEL a=b\nFROM scratch\n", ("hadolint:DL3061",)),
        ("FROM scratch\nCOPY a\n", ("hadolint:DL1000",)),
    ],
)
def test_refusals_are_known_by_the_names_that_others_give_them(text: str, twins: tuple[str, ...]) -> None:
    assert [(code, names) for code, _, names in found(text)] == [("GE001", twins)]


def test_a_comment_for_the_twin_silences_only_that() -> None:
    text = "FROM scratch\n# hadolint ignore=DL3022\nCOPY --from=ghcr.io/a/b /a /b\n"
    assert found(text) == []
    assert [code for code, _, _ in found(text.replace("DL3022", "DL3006"))] == ["DF203"]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("MIT", True),
        ("mit", True),
        ("Apache-2.0 AND (MIT OR BSD-3-Clause)", True),
        ("GPL-2.0+", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("DocumentRef-a:LicenseRef-b", True),
        ("", False),
        ("MIT OR", False),
        ("OR MIT", False),
        ("MIT MIT", False),
        ("(MIT", False),
        ("MIT)", False),
        ("()", False),
        ("MIT WITH MIT", False),
        ("MIT WITH", False),
        ("MIT/X11", False),
        ("Proprietary", False),
    ],
)
def test_license_expressions(text: str, right: bool) -> None:
    assert is_expression(text) is right


def test_marks_stand_right_across_continuations_and_line_ends() -> None:
    text = 'FROM scratch\r\nLABEL A=b \\\r\n  # why\r\n  c="" \\\r\n  e\\\r\n=f\r\nENV X=1 \\\r\n Y=a$X\r\n'
    marked = found(text, labels={"c": "url"}, strict_labels=True)
    assert [(code, span) for code, span, _ in marked] == [
        ("DF212", "A"),
        ("DF214", "A"),
        ("DF215", '""'),
        ("DF214", "e"),
        ("DF210", "$X"),
    ]


def test_a_file_of_thousands_of_stages_is_read_in_no_time() -> None:
    text = "FROM scratch AS s0\n" + "".join(
        f"FROM s{index} AS s{index + 1}\nUSER u\nCOPY --from=s{index} a b /opt/c\n" for index in range(300)
    )
    assert {code for code, _, _ in found(text)} >= {"DF226", "DF231"}


def test_named_contexts_are_no_images() -> None:
    subject = DockerfileSubject(
        Source("Dockerfile", "FROM base AS a\nFROM a\nCOPY --from=shared /a /b\nCOPY --from=other /a /b\n")
    )
    subject.contexts = {"base": "target:base", "shared": "./shared"}
    results = check_dockerfile(subject, Config(select=EVERY))
    assert [(one.rule.code, subject.slice(one.finding.span)) for one in results] == [("DF208", "other")]
