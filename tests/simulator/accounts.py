"""Users and groups of a toy image, read from /etc/passwd and /etc/group in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.tree import Failure, Who

if TYPE_CHECKING:
    from tests.simulator.tree import Tree


def lines(tree: Tree, path: str) -> list[list[str]]:
    """The fields of each line of an account file; none where it is missing."""
    node = tree.stat(path)
    if node is None or node.kind != "f":
        return []
    return [line.split(":") for line in node.data.decode().splitlines() if line]


def user(tree: Tree, text: str) -> tuple[Who, str]:
    """Ids and home of ``NAME|UID[:GROUP|GID]``; "" is root. Raises `Failure` for a name that is not there.

    Source: GetUser in BuildKit's executor/oci/user.go.
    """
    name, _, group = text.partition(":")
    files = [tree.stat(path) for path in ("/etc/passwd", "/etc/group")]
    if text and not (name.isdigit() and group.isdigit()) and None in files:
        raise Failure(f"no /etc/passwd or /etc/group to look {text} up in")
    name = name or "0"
    home = "/"
    uid, gid = -1, 0
    for fields in lines(tree, "/etc/passwd"):
        if name in (fields[0], fields[2]):
            uid, gid, home = int(fields[2]), int(fields[3]), fields[5]
            break
    else:
        if not name.isdigit():
            raise Failure(f"no user {name}")
        uid = int(name)
        home = "/root" if uid == 0 and not lines(tree, "/etc/passwd") else "/"
    if group:
        gid = group_id(tree, group)
    return Who(uid, gid), home


def group_id(tree: Tree, text: str) -> int:
    """The id of a group. Raises `Failure`."""
    for fields in lines(tree, "/etc/group"):
        if fields[0] == text:
            return int(fields[2])
    if text.isdigit():
        return int(text)
    raise Failure(f"no group {text}")


def owner(tree: Tree | None, text: str) -> tuple[int, int]:
    """The ids of a ``--chown``, or of a USER who makes a directory; a number counts for the group too.

    A name that is nowhere is root, silently. Without a `tree` to look in, as with ``--link``, a name fails.
    Source: readUser in BuildKit's solver/llbsolver/ops/user_linux.go.
    """
    name, colon, group = text.partition(":")
    uid, gid = _found(tree, "/etc/passwd", name)
    if colon:
        gid = _found(tree, "/etc/group", group)[0]
    return uid, gid


def _found(tree: Tree | None, path: str, name: str) -> tuple[int, int]:
    if name == "root":
        return 0, 0
    if name.isdigit():
        return int(name), int(name)
    if tree is None:
        raise Failure(f"no {path} to look {name} up in")
    found = next((fields for fields in lines(tree, path) if fields[0] == name), None)
    if found is None:
        return 0, 0
    return int(found[2]), int(found[3]) if path == "/etc/passwd" else 0
