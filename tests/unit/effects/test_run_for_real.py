"""Scripts put together at random, run by dash in a folder: what they change and look at is what was predicted."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bakegen.effects.places import Extent, inside
from tests.unit.effects.runs import BASE, effect_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.model import Effect
    from bakegen.effects.places import Place

pytestmark = pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not there")

FILES = {"f": "one\n", "g": "two\n", "d/a": "three\n", "d/b": "four\n", "d/s/c": "five\n", "e/a": "six\n", "e/x": "7\n"}
LINKS = {"l": "d", "d/up": "../e", "lf": "f"}
VARIABLES = {"A": "d", "B": "new", "C": "x y"}

PATHS = st.sampled_from(
    [
        "f",
        "g",
        "d",
        "e",
        "l",
        "lf",
        "d/a",
        "d/s",
        "d/s/c",
        "d/up",
        "d/up/x",
        "l/a",
        "l/new",
        "e/new",
        "new",
        "new/deep",
        "$A",
        "$A/b",
        "$B",
        '"$ROOT/d/a"',
        '"$ROOT/new"',
        "d/../f",
        "l/../g",
        "d/up/../f",
        "./f",
        "e/",
        "d/",
        "missing/x",
    ]
)
GLOBS = st.sampled_from(["d/*", "e/?", "*", "d/s/[a-c]", "nothing*"])
SOURCES = st.one_of(PATHS, GLOBS)
WORDS = st.sampled_from(["hello", '"$C"', "$B", "'$A'", '"$(cat f)"', "$(cat d/a)"])


def _line(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: form.format(*found))


COMMANDS = st.one_of(
    _line("mkdir {}", PATHS),
    _line("mkdir -p {} {}", PATHS, PATHS),
    _line("mkdir -pm 700 {}", PATHS),
    _line("rmdir {}", PATHS),
    _line("rm {}", PATHS),
    _line("rm -rf {} {}", SOURCES, PATHS),
    _line("cp {} {}", PATHS, PATHS),
    _line("cp {} {} {}", SOURCES, PATHS, PATHS),
    _line("cp -r {} {}", SOURCES, PATHS),
    _line("cp -a {} {}", PATHS, PATHS),
    _line("cp -T {} {}", PATHS, PATHS),
    _line("cp -t {} {}", PATHS, SOURCES),
    _line("mv {} {}", SOURCES, PATHS),
    _line("mv -f {} {} {}", PATHS, PATHS, PATHS),
    _line("ln -s {} {}", PATHS, PATHS),
    _line("ln -sfn {} {}", PATHS, PATHS),
    _line("ln -sT {} {}", PATHS, PATHS),
    _line("ln {} {}", PATHS, PATHS),
    _line("touch {}", SOURCES),
    _line("touch -r {} {}", PATHS, PATHS),
    _line("chmod {} {}", st.sampled_from(["600", "+x", "a-w", "u=rwx,go="]), SOURCES),
    _line("chmod -R go+w {}", PATHS),
    _line("echo {} > {}", WORDS, PATHS),
    _line("echo {} >> {}", WORDS, PATHS),
    _line("printf '%s\\n' hello | tee {} > {}", PATHS, PATHS),
    _line("cat {} > {}", SOURCES, PATHS),
    _line("cat < {} > {}", PATHS, PATHS),
    _line("ls {} > {}", PATHS, PATHS),
    _line("head -1 {} > {}", PATHS, PATHS),
    _line("sort -u {} > {}", SOURCES, PATHS),
    _line("wc -l {} > {}", SOURCES, PATHS),
    _line("grep -q o {} && touch {}", SOURCES, PATHS),
    _line("grep -rl o {} > {}", PATHS, PATHS),
    _line("sed -i 's/o/0/g; 1d' {}", SOURCES),
    _line("sed -i.old -e s/e/3/ {}", PATHS),
    _line("sed -n '/o/p' {} > {}", PATHS, PATHS),
    _line("find {} -name '{}' -delete", PATHS, st.sampled_from(["a", "*", "new"])),
    _line("find {} -type f > {}", PATHS, PATHS),
    _line("find {} -type f -exec chmod 600 {{}} +", PATHS),
    _line("find {} -name b -exec rm -f {{}} \\;", PATHS),
    _line("install -D -m 640 {} {}", PATHS, PATHS),
    _line("install -d {}", PATHS),
    _line("install {} {}", PATHS, PATHS),
    _line("tar -cf {} {}", PATHS, PATHS),
    _line("tar -cf new.tar -C d s && tar -xf new.tar -C {}", PATHS),
    _line("tar xf {} -C {}", PATHS, PATHS),
    _line("gzip -n {}", PATHS),
    _line("gzip -nk {} && gunzip -c {}.gz > {}", st.just("f"), st.just("f"), PATHS),
    _line("dd if={} of={}", PATHS, PATHS),
    _line("truncate -s 1 {}", PATHS),
    _line("readlink {} > {}", PATHS, PATHS),
    _line("basename {} > {}", PATHS, PATHS),
    _line("cd {}", PATHS),
    _line("cd {} && touch inner", PATHS),
    _line("B={}", st.sampled_from(["d", "e/y", '"$A"', "$(echo d)"])),
    _line("export A={}", st.sampled_from(["e", "d/s"])),
    _line("test -e {}", PATHS),
    _line("[ -f {} ] && rm -f {}", PATHS, PATHS),
    _line("[ ! -d {} ]", PATHS),
    st.sampled_from(
        ["true", "false", "set -e", "umask 077", ":", "exit 0", "set -eu", "env -- true", "env Q=1 touch q"]
    ),
    _line("sh -c 'touch {}'", st.sampled_from(["f", "d/q", "$A", "e/z"])),
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        _line("{}; {}", inner, inner),
        _line("{} && {}", inner, inner),
        _line("{} || {}", inner, inner),
        _line("{}\n{}", inner, inner),
        _line("({})", inner),
        _line("{{ {}; }}", inner),
        _line("! {}", COMMANDS.filter(lambda line: "&&" not in line)),
        _line("if {}; then {}; fi", inner, inner),
        _line("if {}; then {}; else {}; fi", inner, inner, inner),
        _line("for i in {} {}; do {}; echo $i > $i.made; done", st.sampled_from(["d", "n1"]), SOURCES, inner),
        _line("for i in a b; do mkdir -p e/$i && [ -f d/$i ] || continue; cp d/$i e/$i/; done"),
        _line("case {} in new) {};; d|e) {};; *) {};; esac", st.sampled_from(["$A", "$B", "z"]), inner, inner, inner),
        _line("while false; do {}; done", inner),
        _line("until [ -e n ]; do touch n; {}; break; done", inner),
    )


SCRIPTS = st.recursive(COMMANDS, _compound, max_leaves=7)


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bakegen-run-") as folder:
        yield Path(folder).resolve()


def furnish(root: Path) -> None:
    """The folder as it is before each script."""
    if root.exists():
        subprocess.run(["chmod", "-R", "u+rwx", str(root)], check=False, capture_output=True, timeout=20)
        shutil.rmtree(root)
    root.mkdir(parents=True)
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
        # Archives keep times.
        os.utime(path, (10**9, 10**9), follow_symlinks=False)


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """What there is: kind, mode, content."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, names, files in os.walk(root):
        for name in [*names, *files]:
            path = os.path.join(folder, name)  # noqa: PTH118
            state = os.lstat(path)
            if stat.S_ISLNK(state.st_mode):
                found[path] = ("link", os.readlink(path))  # noqa: PTH115
            elif stat.S_ISDIR(state.st_mode):
                found[path] = ("directory", state.st_mode & 0o7777)
            else:
                found[path] = ("file", state.st_mode & 0o7777, Path(path).read_bytes())
    return found


def carry_out(script: str, root: Path, variables: dict[str, str]) -> int:
    environment = {"PATH": os.environ["PATH"], "ROOT": str(root), "LC_ALL": "C", "HOME": str(root), **variables}
    done = subprocess.run(
        ["dash", "-c", f"umask 022\n{script}"], cwd=root, env=environment, capture_output=True, timeout=20, check=False
    )
    return done.returncode


def predict(script: str, root: Path) -> Effect:
    lines = script if "\n" not in script else f"<<EOS\n{script}\nEOS"
    where = str(root)
    folders = {os.path.dirname(f"{where}/{name}") for name in FILES}  # noqa: PTH120
    listings: dict[str, tuple[str, ...]] = {"/": (where.split("/")[1],)}
    for folder in [*Path(where).parents, *map(Path, sorted(folders))]:
        inner = {one for one in folders | {where} if Path(one).parent == folder}
        inner |= {str(one) for one in (Path(where), *Path(where).parents) if one.parent == folder}
        listings[str(folder)] = tuple(sorted(Path(one).name for one in inner if one != str(folder)))
    return effect_of(
        lines,
        directory=where,
        user="root",
        variables={"PATH": os.environ["PATH"], "ROOT": where, "HOME": where, **VARIABLES},
        links={f"{where}/{name}": target for name, target in LINKS.items()},
        base=replace(BASE, listings=listings),
    )


def covers(places: frozenset[Place], path: str) -> bool:
    return any(path == place.path or (place.extent is Extent.TREE and inside(path, place.path)) for place in places)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(SCRIPTS)
def test_what_it_changes_was_predicted(room: Path, script: str) -> None:
    root = room / "root"
    effect = predict(script, root)
    assume(not effect.barrier and not any("symbolic link" in one for one in effect.assumes))
    furnish(root)
    before = snapshot(root)
    carry_out(script, root, VARIABLES)
    after = snapshot(root)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            made = path in effect.ensures and before.get(path) is None and after.get(path) == ("directory", 0o755)
            assert made or covers(effect.writes, path), f"{path} changed: {before.get(path)} -> {after.get(path)}"


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(SCRIPTS, st.data())
def test_what_it_does_not_read_makes_no_difference(room: Path, script: str, data: st.DataObject) -> None:
    root = room / "root"
    effect = predict(script, root)
    assume(not effect.barrier and not any("symbolic link" in one for one in effect.assumes))
    furnish(root)
    carry_out(script, root, VARIABLES)
    usual = snapshot(root)
    others = [name for name in (*FILES, *LINKS, "new", "n", "q", "e/new", "d/a.gz") if not _looked(effect, root, name)]
    assume(others)
    name = data.draw(st.sampled_from(others))
    furnish(root)
    touched = root / name
    if name in LINKS or (name in FILES and data.draw(st.booleans())):
        touched.unlink()
    else:
        touched.write_text("quite another text\nwith an o\n")
    carry_out(script, root, VARIABLES)
    other = snapshot(root)
    usual.pop(str(touched), None)
    other.pop(str(touched), None)
    assert usual == other, f"{name} makes a difference"


def _looked(effect: Effect, root: Path, name: str) -> bool:
    path = f"{root}/{name}"
    return covers(effect.reads, path) or path in effect.ensures


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(SCRIPTS)
def test_variables_that_it_does_not_see_make_no_difference(room: Path, script: str) -> None:
    root = room / "root"
    effect = predict(script, root)
    assume(not effect.barrier and not any("symbolic link" in one for one in effect.assumes))
    others = {name: "e" for name in VARIABLES if name not in effect.variables}
    assume(others)
    furnish(root)
    carry_out(script, root, VARIABLES)
    usual = snapshot(root)
    furnish(root)
    carry_out(script, root, {**VARIABLES, **others})
    assert usual == snapshot(root)


def test_most_scripts_are_understood(room: Path) -> None:
    root = room / "root"
    lines = [
        "mkdir -p new/deep",
        "cp -r d new",
        "mv f e/",
        "sed -i s/o/0/ g",
        "cd d && rm a",
        "for i in a b; do rm d/$i; done",
    ]
    assert [predict(line, root).barrier for line in lines] == [""] * len(lines)
