"""Requirements files: what pip would follow, told from what it would fetch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.effects.manifests.requirements import Requirement, is_remote, local_path, read_requirements, requirement

NAMES = {"HOST": "example.org", "DIR": "libs"}

REAL = """\
# -*- web application -*-
-i https://${HOST}/simple --extra-index-url https://${MISSING}/x
--require-hashes
-r base.txt          # the rest
--constraint=limits.txt
-cother.txt
-f wheels --no-index
--find-links https://example.org/wheels
flask[async]==3.0.0 ; python_version >= "3.8" \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
    # a comment between
requests @ https://example.org/requests.tar.gz
tool @ file:///srv/tool-1.0.tar.gz#sha256=1
git+https://example.org/a/b.git@v1#egg=b
-e git+ssh://git@example.org/c.git#egg=c
-e .
-e ./${DIR}/one[extra]
./two
../three.whl
four.zip
https://example.org/five.whl
"""


def test_a_real_file() -> None:
    found = read_requirements(REAL, NAMES.get)
    assert found.nested == ("base.txt",)
    assert found.constraints == ("limits.txt", "other.txt")
    assert found.links == ("wheels", "https://example.org/wheels")
    assert found.editable == ("git+ssh://git@example.org/c.git#egg=c", ".", "./libs/one[extra]")
    assert found.hashes
    assert found.problems == ()
    assert found.names == {"HOST", "MISSING", "DIR"}
    assert [one.local for one in found.requirements] == [
        "", "", "/srv/tool-1.0.tar.gz", "", "./two", "../three.whl", "four.zip", "",
    ]  # fmt: skip
    assert found.requirements[0].pinned
    assert [one.archive for one in found.requirements[2:7]] == [True, False, False, True, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flask", Requirement()),
        ("flask==3.0 --hash=sha256:1", Requirement(pinned=True)),
        ("flask; sys_platform == 'linux'", Requirement()),
        ("lib @ ./lib", Requirement(local="./lib")),
        ("lib @ file:lib-1.0.whl", Requirement(local="lib-1.0.whl", archive=True)),
        ("lib@https://example.org/lib.whl", Requirement()),
        (".", Requirement(local=".")),
        (".[dev]", Requirement(local=".")),
        ("pkgs/lib", Requirement(local="pkgs/lib")),
        ("Lib.WHL", Requirement(local="Lib.WHL", archive=True)),
        ("https://example.org/x;y.whl ; python_version > '3'", Requirement()),
        ("git+file:///srv/repo@main", Requirement()),
    ],
)
def test_one_requirement(text: str, expected: Requirement) -> None:
    assert requirement(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"), [("--magic x", "--magic"), ("-r", "no value"), ("-e 'x", "cannot be read"), ("-x y", "-x")]
)
def test_what_is_not_understood_is_said(text: str, problem: str) -> None:
    (found,) = read_requirements(text, NAMES.get).problems
    assert problem in found


def test_urls_and_paths() -> None:
    assert is_remote("git+https://example.org/a")
    assert is_remote("HTTPS://example.org/a")
    assert not is_remote("file:///a")
    assert not is_remote("a/b")
    assert local_path("file://localhost/a%20b#egg=x") == "/a b"
    assert local_path("a/b") == "a/b"


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read_requirements(text, NAMES.get)


@given(
    st.lists(st.sampled_from(["-r a", "\\", "\n", "#", " ", "-e .", "${HOST}", "x", "--hash=1", '"', "'", "-", "="]))
)
def test_pieces_in_any_order_are_read(pieces: list[str]) -> None:
    read_requirements("".join(pieces), NAMES.get)
