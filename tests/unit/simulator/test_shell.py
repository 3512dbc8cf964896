"""The toy shell and its tools."""

from __future__ import annotations

import pytest

from tests.simulator.images import base_images
from tests.simulator.lexing import commands
from tests.simulator.shell import Process
from tests.simulator.tree import ROOT, Beyond, Tree, Who

PATH = "/usr/local/bin:/usr/bin:/bin"


def run(text: str, who: Who = ROOT, directory: str = "/", **variables: str) -> tuple[int, Tree]:
    tree = base_images()["odd:1"].tree.copy()
    given = {"PATH": PATH, **variables}
    process = Process(tree, given, directory, who, "/root", exported=set(given))
    return process.run(text), tree


def text(tree: Tree, path: str) -> str:
    return tree.read(path).decode()


def test_lists() -> None:
    assert [(one.joint, one.words) for one in commands("a b && c || d ; e\nf &&\n g # no")] == [
        (";", ("a", "b")),
        ("&&", ("c",)),
        ("||", ("d",)),
        (";", ("e",)),
        (";", ("f",)),
        ("&&", ("g",)),
    ]
    _, tree = run("false && touch /a || touch /b; true || touch /c && touch /d")
    assert [name for name in "abcd" if f"/{name}" in tree.nodes] == ["b", "d"]


def test_words() -> None:
    _, tree = run("""X='a  b'; echo $X "$X" '$X' ${X}c ${Y:-none} ${X:+some} > /out""")
    assert text(tree, "/out") == "a b a  b $X a bc none some\n"
    _, tree = run("echo /etc/o* /none* > /out")
    assert text(tree, "/out") == "/etc/os-release /none*\n"
    with pytest.raises(Beyond):
        run("echo $(date) || true")


def test_variables_of_a_command() -> None:
    _, tree = run("A=1 env > /one; env > /two; export A=2; env > /three; B=3; env > /four")
    assert "A=1\n" in text(tree, "/one")
    assert "A=" not in text(tree, "/two")
    assert "A=2\n" in text(tree, "/three")
    assert "B=" not in text(tree, "/four")


def test_scripts_see_variables_and_files() -> None:
    _, tree = run("echo 'echo \"$V $1\" > /out' > /s.sh && V=x sh /s.sh arg", V="unset")
    assert text(tree, "/out") == "x arg\n"


def test_rights() -> None:
    app = Who(1000, 1000)
    assert run("touch /srv/mine", app)[0] == 0
    assert run("touch /etc/mine", app)[0] == 1
    assert run("touch /priv/x", app)[0] == 1
    assert run("cd /priv", app)[0] == 1
    _, tree = run("touch /tmp/mine", app)
    assert tree.nodes["/tmp/mine"].uid == 1000


def test_tools() -> None:
    status, tree = run(
        "mkdir -p -m 0700 /n/deep && ln -s /opt /n/link && touch /n/link/f && cp -r /n /n2 && mv /n2/deep /n2/moved"
        " && chown -R 5:6 /n2 && chmod 4711 /n/link/f && rm -rf /n && useradd -m dev"
        " && sed -i s/main/test/ /etc/apt/sources.list"
    )
    assert status == 0
    assert tree.nodes["/opt/f"].mode == 0o4711
    assert tree.nodes["/n2/moved"].mode == 0o700
    assert (tree.nodes["/n2/link"].kind, tree.nodes["/n2/link"].uid) == ("l", 5)
    assert "/n" not in tree.nodes
    assert tree.nodes["/home/dev"].mode == 0o700
    assert "dev:x:1000:1000::/home/dev:/bin/sh" in text(tree, "/etc/passwd")
    assert text(tree, "/etc/apt/sources.list") == "deb test\n"


def test_errexit() -> None:
    _, tree = run("set -e\nfalse || true\nfalse && true\ntouch /a\nfalse\ntouch /b")
    assert "/a" in tree.nodes
    assert "/b" not in tree.nodes
