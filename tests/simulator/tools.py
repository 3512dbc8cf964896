"""What the modelled commands do to a tree: coreutils, account tools, and the installers of `installers`."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from tests.simulator.accounts import group_id, lines
from tests.simulator.copying import changed_mode
from tests.simulator.installers import INSTALLERS
from tests.simulator.tree import Beyond, Failure, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.shell import Process

_UMASK = 0o022


def options(words: list[str], valued: str = "", long: tuple[str, ...] = ()) -> tuple[dict[str, str], list[str]]:
    """Short options (those of `valued` take a word) and operands; `long` are the long ones that are known."""
    found: dict[str, str] = {}
    operands: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            operands += rest
            break
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            if name not in long:
                raise Beyond(f"unknown option {word}")
            found[name] = value
        elif word.startswith("-") and len(word) > 1:
            for index, letter in enumerate(word[1:], 1):
                if letter in valued:
                    found[letter] = word[index + 1 :] or (rest.pop(0) if rest else "")
                    break
                found[letter] = ""
        else:
            operands.append(word)
    return found, operands


def _mkdir(process: Process, words: list[str]) -> int:
    flags, operands = options(words, "m", ("parents", "mode"))
    mode = flags.get("m", flags.get("mode"))
    status = 0
    for operand in operands:
        path = process.path(operand)
        try:
            if "p" in flags or "parents" in flags:
                made = _make_parents(process, path)
            else:
                process.tree.mkdir(path, process.who)
                made = True
            if mode is not None and made:
                at = process.tree.locate(path, process.who)
                process.tree.chmod(at, changed_mode(mode, 0o777, True, 0), process.who)
        except Failure:
            status = 1
    return status


def _make_parents(process: Process, path: str) -> bool:
    parts = path.split("/")
    made = False
    for count in range(2, len(parts) + 1):
        at = "/".join(parts[:count])
        if parts[count - 1] in ("", ".", ".."):
            continue
        node = process.tree.stat(at, process.who)
        made = False
        if node is None:
            process.tree.mkdir(at, process.who)
            made = True
        elif node.kind != "d":
            raise Failure(f"{at}: no directory")
    return made


def _ln(process: Process, words: list[str]) -> int:
    flags, operands = options(words)
    if "s" not in flags or len(operands) != 2:
        raise Beyond("ln: only -s TARGET NAME")
    target, name = operands
    path = process.path(name)
    there = process.tree.lstat(path, process.who) if "n" in flags else process.tree.stat(path, process.who)
    if there is not None and there.kind == "d":
        path = f"{path}/{posixpath.basename(target.rstrip('/'))}"
    old = process.tree.lstat(path, process.who)
    if old is not None and "f" in flags and old.kind != "d":
        process.tree.unlink(path, process.who)
    process.tree.symlink(target, path, process.who)
    return 0


def _chmod(process: Process, words: list[str]) -> int:
    recursive = "-R" in words
    operands = [word for word in words if word != "-R"]
    status = 0
    for operand in operands[1:]:
        try:
            top = process.tree.locate(process.path(operand), process.who)
            if process.tree.get(top) is None:
                raise Failure(f"{operand}: missing")
            for at in [top, *(process.tree.below(top) if recursive else ())]:
                node = process.tree.nodes[at]
                if node.kind != "l":
                    mode = changed_mode(operands[0], node.mode, node.kind == "d", _UMASK)
                    process.tree.chmod(at, mode, process.who)
        except Failure:
            status = 1
    return status


def _chown(process: Process, words: list[str]) -> int:
    flags, operands = options(words)
    status = 0
    for operand in operands[1:]:
        try:
            path = process.path(operand)
            top = process.tree.locate(path, process.who, last="h" not in flags and "R" not in flags)
            if process.tree.get(top) is None:
                raise Failure(f"{operand}: missing")
            for at in [top, *(process.tree.below(top) if "R" in flags else ())]:
                node = process.tree.nodes[at]
                uid, gid = _ids(process, operands[0], node)
                process.tree.chown(at, uid, gid, process.who)
        except Failure:
            status = 1
    return status


def _ids(process: Process, text: str, node: Node) -> tuple[int, int]:
    name, colon, group = text.partition(":")
    uid, gid = node.uid, node.gid
    if name:
        entry = next((one for one in lines(process.tree, "/etc/passwd") if one[0] == name), None)
        if entry is not None:
            uid = int(entry[2])
        elif name.isdigit():
            uid = int(name)
        else:
            raise Failure(f"chown: no user {name}")
        if colon and not group:
            if entry is None:
                raise Failure(f"chown: {text}")
            gid = int(entry[3])
    if group:
        gid = group_id(process.tree, group)
    return uid, gid


def _cp(process: Process, words: list[str]) -> int:
    flags, operands = options(words)
    recursive, keep = bool(flags.keys() & set("rRa")), bool(flags.keys() & set("pa"))
    target = process.path(operands[-1])
    there = process.tree.stat(target, process.who)
    into = there is not None and there.kind == "d"
    if len(operands) > 2 and not into:
        raise Failure("cp: the target is no directory")
    status = 0
    for operand in operands[:-1]:
        try:
            source = process.path(operand)
            at = process.tree.locate(source, process.who, last=not recursive)
            node = process.tree.get(at)
            if node is None or (node.kind == "d" and not recursive):
                raise Failure(f"cp: {operand}")
            name = posixpath.basename(posixpath.normpath(operand))
            inside = into and name not in (".", "..")
            goal = f"{target}/{name}" if inside else target
            _copy_node(process, at, goal, keep=keep)
        except Failure:
            status = 1
    return status


def _copy_node(process: Process, source: str, target: str, *, keep: bool) -> None:
    tree, who = process.tree, process.who
    node = tree.nodes[source]
    if node.kind == "l":
        old = tree.lstat(target, who)
        if old is not None:
            if old.kind == "d":
                raise Failure(f"cp: {target}")
            tree.unlink(target, who)
        tree.symlink(node.link, target, who)
        return
    if node.kind == "f":
        old = tree.stat(target, who)
        if old is not None and tree.locate(target, who) == source:
            raise Failure("cp: the same file")
        tree.write(target, tree.read(source, who), who)
        if old is None:
            tree.chmod(tree.locate(target, who), node.mode & ~(0 if keep else _UMASK) & 0o777, who)
        if keep:
            _keep(process, node, tree.locate(target, who))
        return
    place = tree.locate(target, who)
    if place == source or place.startswith(source.rstrip("/") + "/"):
        raise Failure("cp: into itself")
    there = tree.get(place)
    if there is None:
        tree.mkdir(target, who)
    elif there.kind != "d":
        raise Failure(f"cp: {target}")
    for name in tree.names(source):
        _copy_node(process, posixpath.join(source, name), f"{target}/{name}", keep=keep)
    if there is None:
        tree.chmod(place, node.mode & ~(0 if keep else _UMASK), who)
    if keep:
        _keep(process, node, place)


def _keep(process: Process, node: Node, at: str) -> None:
    if process.who.uid == 0:
        process.tree.chown(at, node.uid, node.gid)
    process.tree.chmod(at, node.mode, process.who)


def _mv(process: Process, words: list[str]) -> int:
    _, operands = options(words)
    target = process.path(operands[-1])
    there = process.tree.stat(target, process.who)
    into = there is not None and there.kind == "d"
    if len(operands) > 2 and not into:
        raise Failure("mv: the target is no directory")
    status = 0
    for operand in operands[:-1]:
        try:
            source = process.tree.locate(process.path(operand), process.who, last=False)
            goal = f"{target}/{posixpath.basename(operand.rstrip('/'))}" if into else target
            process.tree.rename(source, process.tree.locate(goal, process.who, last=False), process.who)
        except Failure:
            status = 1
    return status


def _rm(process: Process, words: list[str]) -> int:
    flags, operands = options(words)
    recursive, force = bool(flags.keys() & set("rR")), "f" in flags
    status = 0
    for operand in operands:
        path = process.path(operand)
        if process.tree.lstat(path, process.who) is None:
            status = status if force else 1
            continue
        try:
            process.tree.unlink(path.rstrip("/"), process.who, recursive=recursive)
        except Failure:
            status = 1
    return status


def _rmdir(process: Process, words: list[str]) -> int:
    for operand in words:
        at = process.tree.locate(process.path(operand), process.who)
        if process.tree.names(at):
            raise Failure("rmdir: not empty")
        process.tree.unlink(at, process.who, recursive=True)
    return 0


def _touch(process: Process, words: list[str]) -> int:
    for operand in words:
        path = process.path(operand)
        if process.tree.stat(path, process.who) is None:
            process.tree.write(path, b"", process.who)
    return 0


def _cat(process: Process, words: list[str]) -> int:
    if not words:
        process.output += process.stdin
    status = 0
    for operand in words:
        try:
            process.output += process.tree.read(process.path(operand), process.who)
        except Failure:
            status = 1
    return status


def _ls(process: Process, words: list[str]) -> int:
    _, operands = options(words)
    for operand in operands or ["."]:
        at = process.tree.locate(process.path(operand), process.who)
        if process.tree.get(at) is None:
            raise Failure(f"ls: {operand}")
        process.output += "".join(f"{name}\n" for name in process.tree.names(at)).encode()
    return 0


def _sed(process: Process, words: list[str]) -> int:
    flags, operands = options(words)
    expression = re.fullmatch(r"s(.)(.*?)\1(.*?)\1(g?)", operands[0])
    if "i" not in flags or expression is None:
        raise Beyond("sed: only -i s/x/y/")
    _, old, new, every = expression.groups()
    for operand in operands[1:]:
        path = process.path(operand)
        at = process.tree.locate(path, process.who, last=False)
        data = process.tree.read(path, process.who).decode("utf-8", "surrogateescape")
        changed = "".join(line.replace(old, new, -1 if every else 1) for line in data.splitlines(keepends=True))
        node = process.tree.nodes[process.tree.locate(path, process.who)]
        # It writes another file and moves it to the name, which takes the place of a link, too.
        process.tree.unlink(at, process.who)
        process.tree.write(at, changed.encode("utf-8", "surrogateescape"), process.who)
        owner = (node.uid, node.gid) if process.who.uid == 0 else (process.who.uid, process.who.gid)
        process.tree.nodes[at] = process.tree.nodes[at]._replace(mode=node.mode, uid=owner[0], gid=owner[1])
    return 0


def _env(process: Process, words: list[str]) -> int:
    if words:
        raise Beyond("env: only alone")
    shown = sorted(item for item in process.environment().items() if item[0] not in ("PWD", "OLDPWD", "_", "SHLVL"))
    process.output += "".join(f"{name}={value}\n" for name, value in shown).encode("utf-8", "surrogateescape")
    return 0


def _id(process: Process, words: list[str]) -> int:
    process.output += f"{process.who.uid}\n".encode()
    return 0


def _pwd(process: Process, words: list[str]) -> int:
    process.output += f"{process.directory}\n".encode()
    return 0


def _useradd(process: Process, words: list[str]) -> int:
    flags, operands = options(words, "ugdsc", ("system", "create-home", "uid", "gid"))
    tree, who = process.tree, process.who
    users, groups = lines(tree, "/etc/passwd"), lines(tree, "/etc/group")
    name = operands[0]
    if any(one[0] == name for one in users):
        raise Failure(f"useradd: {name} exists")
    system = "r" in flags or "system" in flags
    wanted = flags.get("u", flags.get("uid"))
    uid = int(wanted) if wanted else _free([int(one[2]) for one in users], system)
    if any(int(one[2]) == uid for one in users):
        raise Failure(f"useradd: {uid} is taken")
    group = flags.get("g", flags.get("gid"))
    if group is not None:
        gid = group_id(tree, group) if any(group in (one[0], one[2]) for one in groups) else -1
        if gid < 0:
            raise Failure(f"useradd: no group {group}")
    else:
        gid = uid if all(int(one[2]) != uid for one in groups) else _free([int(one[2]) for one in groups], system)
        tree.write("/etc/group", f"{name}:x:{gid}:\n".encode(), who, append=True)
    home = flags.get("d", f"/home/{name}")
    tree.write("/etc/passwd", f"{name}:x:{uid}:{gid}::{home}:{flags.get('s', '/bin/sh')}\n".encode(), who, append=True)
    if ("m" in flags or "create-home" in flags) and tree.stat(home) is None:
        _make_parents(process, home)
        at = tree.locate(home)
        tree.nodes[at] = tree.nodes[at]._replace(mode=0o700, uid=uid, gid=gid)
    return 0


def _groupadd(process: Process, words: list[str]) -> int:
    flags, operands = options(words, "g", ("system", "gid"))
    groups = lines(process.tree, "/etc/group")
    if any(one[0] == operands[0] for one in groups):
        raise Failure(f"groupadd: {operands[0]} exists")
    wanted = flags.get("g", flags.get("gid"))
    gid = int(wanted) if wanted else _free([int(one[2]) for one in groups], "r" in flags or "system" in flags)
    if any(int(one[2]) == gid for one in groups):
        raise Failure(f"groupadd: {gid} is taken")
    process.tree.write("/etc/group", f"{operands[0]}:x:{gid}:\n".encode(), process.who, append=True)
    return 0


def _free(taken: list[int], system: bool) -> int:
    if system:
        return next(number for number in range(999, 99, -1) if number not in taken)
    return max([999, *(number for number in taken if 1000 <= number < 60000)]) + 1


TOOLS: dict[str, Callable[[Process, list[str]], int]] = {
    "mkdir": _mkdir,
    "ln": _ln,
    "chmod": _chmod,
    "chown": _chown,
    "cp": _cp,
    "mv": _mv,
    "rm": _rm,
    "rmdir": _rmdir,
    "touch": _touch,
    "cat": _cat,
    "ls": _ls,
    "sed": _sed,
    "env": _env,
    "id": _id,
    "pwd": _pwd,
    "useradd": _useradd,
    "groupadd": _groupadd,
    **INSTALLERS,
}
