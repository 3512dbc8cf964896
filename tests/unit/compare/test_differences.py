"""What differs between two images: each aspect alone, what the control explains and what not, declared paths."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from bakegen.compare import CONFIG, Comparison, Image, confirmed, differences, read_image
from bakegen.errors import InputError
from tests.unit.compare.archives import Member, archive, layer

BASE = (
    Member("d", "directory"),
    Member("d/f", data=b"text\n", xattrs={"security.capability": "x"}),
    Member("d/g", "link", target="d/f"),
    Member("l", "symlink", target="d"),
    Member("c", "character", device=(1, 3)),
)
CONFIGURATION = {
    "Env": ["A=1", "B=2"],
    "Cmd": ["x"],
    "Labels": {"a": "1"},
    "ExposedPorts": {"80/tcp": {}},
    "Healthcheck": {"Test": ["CMD", "x"], "Retries": 3},
}


def image(*members: Member, **config: Any) -> Image:
    return read_image(io.BytesIO(archive([layer(*members)], config)))


def changed(name: str, /, **fields: Any) -> Image:
    """The base with one member changed."""
    found = tuple(replace(one, **fields) if one.name == name else one for one in BASE)
    assert found != BASE
    return image(*found)


def seen(found: Comparison) -> list[tuple[str, str]]:
    return [(one.path, one.aspect) for one in found.differences]


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("d", {"mode": 0o1777}, ("/d", "mode", "0755", "1777")),
        ("d", {"uid": 5}, ("/d", "owner", "0:0", "5:0")),
        ("d", {"gid": 5}, ("/d", "owner", "0:0", "0:5")),
        ("d", {"xattrs": {"user.x": "y"}}, ("/d", "xattr user.x", "–", "0x79")),
        ("l", {"target": "/d"}, ("/l", "target", "d", "/d")),
        ("c", {"device": (1, 5)}, ("/c", "device", "1:3", "1:5")),
        ("c", {"type": "block"}, ("/c", "type", "character device 0644 0:0 1:3", "block device 0644 0:0 1:3")),
        ("l", {"type": "file"}, ("/l", "type", "symlink -> d", "file 0644 0:0 0 B sha256:e3b0c44298fc")),
        ("l", {"name": "m"}, ("/l", "presence", "symlink -> d", "–")),
    ],
)
def test_each_aspect(name: str, fields: dict[str, Any], expected: tuple[str, ...]) -> None:
    first, *more = differences(image(*BASE), changed(name, **fields)).differences
    assert (first.path, first.aspect, first.original, first.rewritten) == expected
    assert [(one.path, one.aspect) for one in more] == ([("/m", "presence")] if "name" in fields else [])


@pytest.mark.parametrize(
    ("fields", "aspects"),
    [
        ({"data": b"texT\n"}, ["bytes"]),
        ({"data": b"longer text\n"}, ["bytes"]),
        ({"xattrs": {"security.capability": "y"}}, ["xattr security.capability"]),
        ({"xattrs": {}}, ["xattr security.capability"]),
    ],
)
def test_files_of_several_names_differ_under_each(fields: dict[str, Any], aspects: list[str]) -> None:
    found = differences(image(*BASE), changed("d/f", **fields))
    assert seen(found) == [(path, aspect) for path in ("/d/f", "/d/g") for aspect in aspects]


def test_a_link_that_became_a_copy() -> None:
    found = differences(image(*BASE), changed("d/g", type="file", data=b"text\n", xattrs=BASE[1].xattrs))
    assert [(one.path, one.aspect, one.original, one.rewritten) for one in found.differences] == [
        ("/d/f", "links", "/d/g", "–"),
        ("/d/g", "links", "/d/f", "–"),
    ]


def test_times_and_layers_do_not_count() -> None:
    members = [replace(one, mtime=77) for one in BASE]
    split = read_image(io.BytesIO(archive([layer(*members[:3]), layer(*members[3:])], created="2020", history=[{}])))
    found = differences(image(*BASE), split)
    assert found.same
    assert (found.entries, found.size) == (5, 5)


@pytest.mark.parametrize(
    ("config", "aspects"),
    [
        ({"Env": ["B=2", "A=1"]}, []),
        ({"Env": ["A=1", "B=3", "C="]}, ["Env B", "Env C"]),
        ({"Env": None}, ["Env A", "Env B"]),
        ({"Cmd": ["/bin/sh", "-c", "x"]}, ["Cmd"]),
        ({"Cmd": []}, ["Cmd"]),
        ({"Labels": {}}, ["Labels a"]),
        ({"ExposedPorts": {"81/tcp": {}}}, ["ExposedPorts 80/tcp", "ExposedPorts 81/tcp"]),
        ({"Healthcheck": {"Test": ["CMD", "x"]}}, ["Healthcheck Retries"]),
        ({"User": "me", "WorkingDir": "/"}, ["User", "WorkingDir"]),
        ({"Entrypoint": ["x"], "OnBuild": ["RUN x"], "StopSignal": "9"}, ["Entrypoint", "OnBuild", "StopSignal"]),
        ({"ArgsEscaped": True}, ["ArgsEscaped"]),
        ({"ArgsEscaped": False, "Volumes": {}}, []),
    ],
)
def test_configuration(config: dict[str, Any], aspects: list[str]) -> None:
    found = differences(image(**CONFIGURATION), image(**{**CONFIGURATION, **config}))
    assert seen(found) == [(CONFIG, aspect) for aspect in aspects]


def test_platforms() -> None:
    other = read_image(io.BytesIO(archive(architecture="arm64")))
    (found,) = differences(image(), other).differences
    assert (found.aspect, found.original, found.rewritten) == ("platform", "linux/amd64", "linux/arm64")


def test_the_control_explains_the_same_aspect_of_the_same_path_only() -> None:
    original, control = image(Member("a", data=b"1"), Member("b")), image(Member("a", data=b"2"), Member("b"))
    rewritten = image(Member("a", data=b"3", mode=0o600), Member("b", data=b"x"))
    found = differences(original, rewritten, control=control)
    assert seen(found) == [("/a", "mode"), ("/b", "bytes")]
    assert [(one.path, one.aspect) for one in found.varying] == [("/a", "bytes")]
    assert seen(differences(original, rewritten)) == [("/a", "mode"), ("/a", "bytes"), ("/b", "bytes")]


def test_what_comes_and_goes_in_the_original_says_nothing() -> None:
    original, control = image(Member("a", "directory"), Member("a/x")), image(Member("a", "directory"))
    for rewritten in (image(Member("a", "directory"), Member("a/x", data=b"z")), control):
        found = differences(original, rewritten, control=control)
        assert (found.same, len(found.varying)) == (True, 1)
    # But another file beside it does.
    more = image(Member("a", "directory"), Member("a/x"), Member("a/y"))
    assert seen(differences(original, more, control=control)) == [("/a/y", "presence")]


def test_the_configuration_varies_too() -> None:
    found = differences(image(Env=["T=1"]), image(Env=["T=3", "U=1"]), control=image(Env=["T=2"]))
    assert seen(found) == [(CONFIG, "Env U")]


def logs(*names: str, kind: str = "file") -> Image:
    inside = [Member(f"log/{name}", kind) for name in names]
    below = [Member(f"log/{name}/f") for name in names if kind == "directory"]
    return image(Member("log", "directory"), *inside, *below)


def test_random_names() -> None:
    original, control = logs("1", "stable"), logs("2", "stable")
    assert differences(original, logs("3", "stable"), control=control).same
    assert seen(differences(original, logs("3", "4", "stable"), control=control)) == [("/log/4", "presence")]
    assert seen(differences(original, logs("3"), control=control)) == [("/log/stable", "presence")]
    # Of another kind it is no such name.
    found = differences(original, logs("3", kind="directory"), control=control)
    assert seen(found) == [("/log/3", "presence"), ("/log/3/f", "presence"), ("/log/stable", "presence")]


def test_random_directories_with_all_that_is_in_them() -> None:
    original, control = logs("1", kind="directory"), logs("2", kind="directory")
    found = differences(original, logs("3", kind="directory"), control=control)
    assert (found.same, len(found.varying)) == (True, 4)


def test_what_only_one_build_of_the_rewriting_has_varies() -> None:
    original = image(Member("a", data=b"1"), Member("b"))
    first = differences(original, image(Member("a", data=b"1"), Member("b", data=b"x")))
    second = differences(original, image(Member("a", data=b"2"), Member("b", data=b"y")))
    found = confirmed(second, first)
    assert seen(found) == [("/b", "bytes")]
    assert [one.path for one in found.varying] == ["/a"]


def tree(*paths: str) -> Image:
    return image(*(Member(path.rstrip("/"), "directory" if path.endswith("/") else "file") for path in paths))


@pytest.mark.parametrize(
    ("original", "rewritten", "patterns", "left"),
    [
        # All below, and whether the directory is there.
        (("v/", "v/lists/", "v/lists/a", "v/lists/p/", "v/lists/p/x"), ("v/",), ["/v/lists/**"], []),
        (("v/", "v/lists/", "v/lists/a"), ("v/", "v/lists/"), ["/v/lists/**"], []),
        (("v/",), ("v/", "v/lists/"), ["/v/lists/**"], []),
        # What holds nothing else goes with it; what holds more does not.
        (("root/", "root/.cache/", "root/.cache/pip/", "root/.cache/pip/x"), ("root/",), ["/root/.cache/pip/**"], []),
        (
            ("root/", "root/.cache/", "root/.cache/pip/", "root/.cache/pip/x", "root/.cache/y"),
            ("root/",),
            ["/root/.cache/pip/**"],
            ["/root/.cache", "/root/.cache/y"],
        ),
        (("root/",), ("root/", "root/.cache/", "root/.cache/pip/"), ["/root/.cache/pip/**"], []),
        # A path, and nothing below.
        (("a/", "a/x", "ab"), (), ["/a"], ["/a/x", "/ab"]),
        (("a/", "a/x", "ab"), (), ["/a", "/a/**"], ["/ab"]),
        (("a/", "a/x.pyc", "a/x.py"), ("a/",), ["/a/*.pyc"], ["/a/x.py"]),
        (("a/", "a/b/", "a/b/x.pyc", "x.pyc"), ("a/", "a/b/"), ["/**/*.pyc"], []),
        (("a/", "a/b1", "a/bx"), ("a/",), ["/a/b[0-9]"], ["/a/bx"]),
        (("a/", "a/b1", "a/bx"), ("a/",), ["/a/b[!0-9]"], ["/a/b1"]),
        (("a/", "a/b", "a/bcd"), ("a/",), ["/a/b??"], ["/a/b"]),
        (("a/", "a/[", "a/x"), ("a/",), ["/a/["], ["/a/x"]),
        (("a+/", "a+/x"), ("a+/",), ["/a+/**"], []),
        (("a/", "a/*"), ("a/",), [r"/a/\*"], []),
    ],
)
def test_declared_paths(
    original: tuple[str, ...], rewritten: tuple[str, ...], patterns: list[str], left: list[str]
) -> None:
    found = differences(tree(*original), tree(*rewritten), ignore=patterns)
    assert [one.path for one in found.differences] == left
    assert len(found.declared) == len(set(original) ^ set(rewritten)) - len(left)


def test_a_declared_tree_says_nothing_of_the_directory_itself() -> None:
    original, rewritten = image(Member("tmp", "directory", mode=0o1777)), image(Member("tmp", "directory"))
    assert seen(differences(original, rewritten, ignore=["/tmp/**"])) == [("/tmp", "mode")]
    assert differences(original, rewritten, ignore=["/tmp"]).same
    assert seen(differences(original, image(Member("tmp")), ignore=["/tmp/**"])) == [("/tmp", "type")]


def test_declared_names_of_a_file_leave_the_others() -> None:
    original = image(Member("a", "directory"), Member("f"), Member("a/g", "link", target="f"))
    rewritten = image(Member("a", "directory"), Member("f"))
    assert differences(original, rewritten, ignore=["/a/**"]).same
    assert seen(differences(original, rewritten)) == [("/a/g", "presence"), ("/f", "links")]


@pytest.mark.parametrize("pattern", ["relative/**", "", "/", "//", "/a/[z-a]"])
def test_bad_declared_paths(pattern: str) -> None:
    with pytest.raises(InputError, match=r"pattern|absolute"):
        differences(image(), image(), ignore=[pattern])


def test_declared_paths_hide_nothing_of_the_configuration() -> None:
    assert not differences(image(Cmd=["a"]), image(), ignore=["/config", "/**"]).same
