"""What RUNs do: control flow, directories, variables, mounts, forms; and what makes them barriers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.effects.model import Effect, Tier, conflict
from bakegen.effects.places import entry, tree
from tests.unit.effects.runs import LISTED, effect_of

BASH = ("/bin/bash", "-c")


def writes(line: str, **more: object) -> list[str]:
    """What a line writes, sorted; it is understood."""
    effect = effect_of(line, **{"base": LISTED, "user": "root", **more})  # type: ignore[arg-type]
    assert effect.barrier == "", effect.barrier
    return sorted(map(str, effect.writes))


def barrier(line: str, **more: object) -> str:
    return effect_of(line, **{"user": "root", **more}).barrier  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cd /srv && touch a", ["/srv/a"]),
        ("cd /srv && cd x && touch a && cd .. && touch b", ["/srv/b", "/srv/x/a"]),
        ("cd /srv || exit 1; touch a", ["/srv/a"]),
        ("cd /srv || { echo no; exit 1; }; touch a", ["/srv/a"]),
        ("set -e; cd /srv; touch a", ["/srv/a"]),
        ("(cd /srv && touch a); touch b", ["/b", "/srv/a"]),
        ("cd / ; touch a", ["/a"]),
        ("true && touch a", ["/a"]),
        ("false && touch a; touch b", ["/b"]),
        ("false || touch a", ["/a"]),
        ("exit 0; touch a", []),
        ("! touch a", ["/a"]),
        ("touch a | touch b", ["/a", "/b"]),
        ("if test -f /x; then touch a; else touch b; fi", ["/a", "/b"]),
        ("if true; then touch a; else touch b; fi", ["/a"]),
        ("case $X in y) touch a;; *) touch b;; esac", ["/a", "/b"]),
        ("for i in a b; do touch $i; done", ["/a", "/b"]),
        ("for i in a b; do [ -f $i ] && continue; touch $i; done; touch $i", ["/a", "/b"]),
        ("while read -r l; do touch a; done < /list", ["/a"]),
        ("until test -f /x; do touch a; sleep 1; done", ["/a"]),
        ("X=q; touch $X; X=r; touch $X", ["/q", "/r"]),
        ("X=q && export Y=$X/z && touch $Y", ["/q/z"]),
        ("X=q touch $X.y", ["/.y"]),
        ("echo $(touch a) > b", ["/a", "/b"]),
        ("echo a >> /etc/b 2>/dev/null", ["/etc/b"]),
        ("> a", ["/a"]),
        ("{ echo a; echo b; } > c", ["/c"]),
        ("sh -c 'touch a; cd /srv && touch b' && touch c", ["/a", "/c", "/srv/b"]),
        ("env X=1 touch a", ["/a"]),
        ("command touch a", ["/a"]),
        ("exec touch a", ["/a"]),
        ("touch ~/a", ["/root/a"]),
        ("touch $HOME/a", ["/root/a"]),
        ("touch /dev/x /proc/y", []),
        ("timeout 5 touch a", ["/a"]),
    ],
)
def test_writes(line: str, expected: list[str]) -> None:
    assert writes(line) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cd srv; touch a", "directory that it runs in"),
        ("set -e && cd /srv && touch a; touch b", "directory that it runs in"),
        ("cd $(pwd) && touch a", "cd to a directory"),
        ("cd - && touch a", "cd to a directory"),
        ("./configure && touch a", "configure: nothing is known"),
        ("make", "make: nothing is known"),
        ("sleep 1 &", "background"),
        ("eval touch a", "eval"),
        (". /x", "."),
        ("trap 'rm x' EXIT", "trap"),
        ("alias a=b", "alias"),
        ("f() { a; }; f", "function"),
        ("$X a", "nothing is known"),
        ("$(which a) b", "name of a command"),
        ("find . | xargs rm", "xargs"),
        ("set -f; touch *", "set -f"),
        ("set -- a b", "set of something else"),
        ("IFS=,; touch a", "IFS"),
        ("touch $@", "positional"),
        ("sh x.sh", "sh: it runs a script"),
        ("python3 -c 'x'", "python3"),
        ("echo a > $(hostname)", "redirection"),
        ("echo a > *.x", "redirection"),
        ('rm -rf "$(mktemp -d)"', "not known"),
        ("for i; do touch $i; done", "positional"),
        ("CDPATH=/x; cd y && touch z", "CDPATH"),
        ("mkdir {a,b}", "braces"),
        ("'unclosed", "quote"),
        ("-x", "option"),
        ("--device=x touch a", "device"),
        ('["sh", "x.sh"]', "it runs a script"),
        ('[""]', "no command"),
    ],
)
def test_barriers(line: str, reason: str) -> None:
    effect = effect_of(line, user="root")
    assert reason in effect.barrier
    assert tree("/") in effect.reads and tree("/") in effect.writes
    assert effect.variables.everything
    assert effect.asks >= {"user", "directory"}


def test_what_is_understood_of_a_barrier_is_kept() -> None:
    effect = effect_of("touch a && ./x && touch b")
    written = [path for one in effect.commands for path in map(str, one.writes)]
    assert written == ["/a", "/b"]


def test_nothing_is_known_behind_what_changes_the_shell() -> None:
    effect = effect_of("touch a; . ./x; touch b")
    assert [path for one in effect.commands for path in map(str, one.writes)] == ["/a"]


@pytest.mark.parametrize(
    ("line", "asked"),
    [("touch a", True), ("touch /a", False), ("cd /srv && touch a", False), ("echo $PWD/x", False), ("ls", True)],
)
def test_the_directory_is_asked_for_only_where_it_counts(line: str, asked: bool) -> None:
    elsewhere = Effect(changes=frozenset({"directory"}))
    found = conflict(elsewhere, effect_of(line, user="root"))
    assert found == ("the one changes the directory that the other uses" if asked else None)


def test_an_unsure_directory_is_none() -> None:
    assert "directory" in barrier("cd x && touch a; touch b")


def test_variables() -> None:
    effect = effect_of('echo "$A" ${B:-$C} > /x; D=$E sh -c "echo $F"', variables={"A": "1"})
    for name in "ABCEF":
        assert name in effect.variables
    assert "Q" not in effect.variables
    assert "PATH" in effect.variables
    assert effect_of("env").variables.everything
    assert effect_of("export").variables.everything


def test_unsure_variables_are_not_values() -> None:
    line = "mkdir -p /opt/$V && touch /opt/$V/x"
    sure = effect_of(line, variables={"V": "1"}, user="root", base=LISTED)
    assert entry("/opt/1/x") in sure.writes and sure.tier is Tier.FACTS
    unsure = effect_of(line, variables={"V": "1"}, unsure=("V",), user="root", base=LISTED)
    assert tree("/opt") in unsure.writes
    assert unsure.tier is Tier.KNOWLEDGE
    assert "variables in paths hold no .." in unsure.assumes
    assert "may be an option" in barrier("mkdir $V", variables={"V": "x"}, unsure=("V",))


def test_variables_that_the_base_may_set_are_not_empty() -> None:
    assert writes("touch /a$NOT") == ["/a"]
    assert "not known" in barrier("touch a$NOT", base=None)


def test_assignments_in_branches_are_not_sure() -> None:
    assert writes("if test -f /x; then A=/srv/1; else A=/srv/1; fi; touch $A") == ["/srv/1"]
    assert "option" in barrier("if test -f /x; then A=/srv/1; else A=/srv/2; fi; touch $A")


def test_programs_see_exported_variables_alone() -> None:
    effect = effect_of("HOME=/x; git config --global a.b c", user="root")
    assert entry("/x/.gitconfig") in effect.writes  # HOME comes with the environment
    assert "touch: PATH" not in barrier("PATH=/x; touch a")


def test_links_that_are_known_are_followed() -> None:
    links = {"/l": "/opt/v1", "/opt/v1": "v2"}
    effect = effect_of("touch /l/x /l/../y && rm /l", links=links, user="root", base=LISTED)
    assert {entry("/opt/v2/x"), entry("/opt/y"), entry("/l")} <= effect.writes
    assert {entry("/l"), entry("/opt/v1"), entry("/opt")} <= effect.reads


def test_ways_that_are_not_known_are_taken_for_granted() -> None:
    known = effect_of("mkdir -p /srv/a", base=LISTED, user="root")
    assert known.tier is Tier.FACTS and not known.assumes
    unknown = effect_of("mkdir -p /srv/a", base=None, user="root")
    assert unknown.tier is Tier.KNOWLEDGE
    assert "no symbolic link stands on the way to /srv/a" in unknown.assumes
    # Variables are of another kind: where a path leads is nothing to them.
    assert unknown.variables_tier is Tier.FACTS and not unknown.variables_assume


def test_umask_and_users_decide_what_is_ensured() -> None:
    assert effect_of("mkdir -p /a", user="root").ensures == {"/a"}
    assert effect_of("umask 077 && mkdir -p /a", user="root").ensures == frozenset()
    assert entry("/a") in effect_of("umask 077 && mkdir -p /a", user="root").writes
    assert effect_of("mkdir -p /a", user="me").ensures == frozenset()


def test_users_are_looked_up() -> None:
    assert entry("/etc/passwd") in effect_of("true", user="me", variables={"HOME": "/x"}).reads
    assert entry("/etc/passwd") in effect_of("true").reads  # for HOME
    assert entry("/etc/passwd") not in effect_of("true", user="10", variables={"HOME": "/x"}).reads


def test_the_shell_and_programs_are_read() -> None:
    effect = effect_of("touch a", variables={"PATH": "/x/bin:/bin"})
    assert {entry("/bin/sh"), entry("/x/bin/touch"), entry("/bin/touch"), tree("/lib")} <= effect.reads
    assert entry("/bin/sh") not in effect_of('["touch", "/a"]', variables={"PATH": "/bin"}).reads
    assert entry("/opt/touch") in effect_of('["/opt/touch", "/a"]').reads


def test_json_form() -> None:
    effect = effect_of('["mkdir", "-p", "/a b"]', user="root")
    assert effect.ensures == {"/a b"}
    assert "shell" not in effect.asks


def test_mounts_hide_what_is_below_them() -> None:
    line = "--mount=type=cache,target=/var/cache/x touch /var/cache/x/y /var/cache/z /q"
    effect = effect_of(line, user="root", base=LISTED)
    assert sorted(map(str, effect.writes)) == ["/q", "/var/cache/z"]
    assert not any(str(place).startswith("/var/cache/x") for place in effect.reads)
    # The directory was made for the mount, and stays because something was put beside it.
    assert effect.ensures == {"/var", "/var/cache"}
    assert effect_of("--mount=type=cache,target=/c/d touch /q", user="root").ensures == frozenset()
    assert writes("--mount=type=secret,id=s --mount=type=tmpfs,target=/t cp /run/secrets/s /t/x") == []
    assert writes("--mount=type=bind,target=/src,rw touch /src/x; echo a > /etc/hosts") == []


def test_a_tree_above_a_mount_is_still_touched() -> None:
    effect = effect_of("--mount=type=cache,target=/a/b rm -rf /a", user="root")
    assert tree("/a") in effect.writes


def test_heredocs() -> None:
    assert writes("<<E\ncd /srv || exit\ntouch a\nE") == ["/srv/a"]
    assert writes("<<E\n#!/bin/sh -e\ncd /srv\ntouch a\nE") == ["/srv/a"]
    assert "it is a script for" in barrier("<<E\n#!/usr/bin/env python3\nx\nE")
    assert writes("cat <<E > /a && touch /b\n$(touch /c) x\nE") == ["/a", "/b", "/c"]
    assert writes("cat <<'E' > /a\n$(touch /c) x\nE") == ["/a"]
    assert "python3" in barrier("python3 <<E\nx\nE")
    effect = effect_of("cat <<E > /a\n$X\nE")
    assert "X" in effect.variables


def test_shells() -> None:
    assert writes("if [[ -f /x && a < b ]]; then touch /a; fi", shell=BASH) == ["/a"]
    assert writes("cat <<<$X > /a", shell=BASH) == ["/a"]
    assert "another shell" in barrier("cat <<<$X > /a")
    assert "powershell" in barrier("touch a", shell=("powershell", "-Command"))
    assert "BASH_ENV" in barrier("touch a", shell=BASH, variables={"BASH_ENV": "/x"})
    assert writes("cd /srv; touch a", shell=("/bin/bash", "-ec")) == ["/srv/a"]
    assert writes("touch a | cat", shell=("/bin/bash", "-eo", "pipefail", "-c")) == ["/a"]


def test_a_script_of_its_own_does_not_share_the_shell() -> None:
    assert writes("sh -c 'cd /srv && touch a'; touch b") == ["/b", "/srv/a"]
    assert writes("X=1; sh -c 'touch /srv/a$X'") == ["/srv/a"]
    assert writes("export X=1; sh -c 'touch /srv/a$X'") == ["/srv/a1"]


def test_spans_are_in_order_and_in_the_source() -> None:
    line = "touch a && \\\n  cd /srv && \\\n# c\n  rm b"
    source = f"FROM base\nRUN {line}\n"
    spans = [one.span for one in effect_of(line).commands]
    assert [source[span.start : span.end] for span in spans if span is not None] == ["touch a", "cd /srv", "rm b"]


LINES = st.sampled_from(["touch a", "rm -rf /b", "mkdir -p /c/d", "echo $X > e", "cp /f /g/", "test -f /h", "true"])


@given(st.recursive(LINES, lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from([" && ", " || ", "; ", " | "]), inner).map("".join),
    inner.map(lambda line: f"( {line})"),
    inner.map(lambda line: f"{{ {line}; }}"),
    inner.map(lambda line: f"if {line}; then {line}; fi"),
    inner.map(lambda line: f"for i in 1 2; do {line}; done"),
), max_leaves=6))  # fmt: skip
def test_nesting_gives_nothing_but_the_union(line: str) -> None:
    effect = effect_of(line, user="root")
    assert effect.barrier == ""
    single = [effect_of(one, user="root") for one in LINES.elements]  # type: ignore[attr-defined]
    for part in ("reads", "writes", "ensures"):
        whole = getattr(effect, part)
        assert whole <= frozenset(place for one in single for place in getattr(one, part))


@given(st.text("ab /-.$\"'\\{}()<>|&;#=*\n~`!", max_size=40))
def test_no_text_is_too_odd(line: str) -> None:
    text = "<<END_OF_IT\n" + line + "\nEND_OF_IT"
    effect = effect_of(text)
    assert effect.barrier or not effect.reads.isdisjoint({tree("/lib")})


def test_export_is_an_assignment_in_some_shells_only() -> None:
    assert writes("export X=a && touch $X") == ["/a"]
    assert writes('export X="a b" && touch "$X"') == ["/a b"]
    for text in ("X=~", "X=$B", "X=*", "X=a:~/b"):
        assert "not known" in barrier(f'export {text} && touch "$X"', variables={"B": "one two"})


def test_a_link_that_is_known_is_replaced() -> None:
    links = {"/l": "/srv"}
    assert writes("ln -sfn /new /l", links=links) == ["/l"]
    assert "/srv/new" in writes("ln -sf /new /l", links=links)
