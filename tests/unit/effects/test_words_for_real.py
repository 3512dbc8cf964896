"""Scripts put together at random, run by dash with stand-ins for programs: the words that they get are those foreseen.

A stand-in writes its words, its directory and some variables to a file. Every call must be among the predicted ones,
whose unknown words match anything. Texts in bash's own language are run by bash.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bakegen.effects import commands
from bakegen.effects.interpret import Interpreter
from bakegen.effects.model import CommandEffect
from bakegen.effects.state import State
from bakegen.effects.surroundings import Surroundings
from bakegen.shell.grammar import parse
from bakegen.shell.syntax import ShellError
from bakegen.text import Span
from tests.unit.effects.runs import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.call import Argument, Call

pytestmark = pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not there")

VARIABLES = {"A": "one", "B": "two words", "C": "", "D": "*.t", "E": "d1"}
SEEN = ("A", "B", "X", "Y")
_STAND_IN = r"""#!/bin/sh
end=$(printf '\036')
set -- "$PWD" "${A-(unset)}" "${B-(unset)}" "${X-(unset)}" "${Y-(unset)}" "$@" "$end"
printf '%s\037' "$0" "$@" >> "$LOG"
case "$0" in *no*) exit 1;; esac
"""

NAMES = st.sampled_from(["p", "q", "no1"])
WORD = st.one_of(
    st.sampled_from(
        [
            "a",
            "-x",
            "--long=v",
            "'s q'",
            '"d q"',
            "a\\ b",
            '""',
            "''",
            "$A",
            '"$A"',
            "${A}b",
            "$B",
            '"$B"',
            "$C",
            '"$C"',
            "$NONE",
            '"$NONE"',
            "${NONE:-def}",
            "${NONE:-$A}",
            "${C:-empty}",
            "${C-empty}",
            "${A:+alt}",
            "${NONE:+alt}",
            '"${NONE:-d q}"',
            "${NONE:-'s q'}",
            '${NONE:-"d q"}',
            "${NONE:-two words}",
            '"${B%words}"',
            "${A#o}",
            "${#A}",
            "$X",
            '"$X"',
            "$Y",
            "$i",
            '"$i"',
            "*.t",
            "d?",
            "[d]1",
            "none*",
            "$D",
            '"$D"',
            "'*.t'",
            "\\*.t",
            "~",
            "~/x",
            "x~",
            "$(echo hi)",
            '"$(echo hi there)"',
            "`echo old`",
            "$((1 + 2))",
            "pre$A.post",
            "\"$A\"$B'$C'",
            "a=b",
            "{a",
            "a}",
            "!",
            "a#b",
            '"a\'b"',
            "'a\"b'",
            '"\\$A \\\\ \\q"',
            "$",
            '"$"',
            "$'x'",
            "a{b,c}",
            "{1..3}",
            "[",
            "]",
            "%",
            "@",
            "=",
            "é",
            '"$PWD"',
            "$PWD/x",
            "x:$A:y",
            "\\\n",
            "a\\\nb",
            '"a\\\nb"',
            "${E}/*",
            "$E/in",
        ]
    ),
    st.text("ab $\"'\\{}#=~*?!%^,:/-`()", max_size=6),
)
CALL = st.tuples(NAMES, st.lists(WORD, max_size=4)).map(lambda found: " ".join([found[0], *found[1]]))
SIMPLE = st.one_of(
    CALL,
    CALL,
    CALL,
    st.tuples(st.sampled_from(["X", "Y", "A"]), WORD, CALL).map(lambda found: f"{found[0]}={found[1]} {found[2]}"),
    st.tuples(st.sampled_from(["X", "Y", "A"]), WORD).map(lambda found: f"{found[0]}={found[1]}"),
    st.tuples(st.sampled_from(["X", "Y"]), WORD).map(lambda found: f"export {found[0]}={found[1]}"),
    st.sampled_from(
        [
            "cd d1",
            "cd d2",
            "cd missing",
            "cd ..",
            "cd",
            "cd d1 && cd in",
            "export X",
            "unset X",
            "unset A",
            "set -e",
            "set -u",
            "true",
            "false",
            ":",
            "exit 0",
            "exit 1",
            "set +e",
            "readonly Z=1",
            "env X=z p $X",
            "command p a",
            "exec q b",
            "sh -c 'p $A \"$B\"; cd d1; q'",
            "test a = b",
            "[ -d d1 ]",
            '[ -n "$A" ]',
            "p <<E\nx $A\nE",
            "read X <d1/f",
        ]
    ),
    CALL.map(lambda line: f"{line} >/dev/null 2>&1"),
    CALL.map(lambda line: f"2>/dev/null {line}"),
    CALL.map(lambda line: f"{line} # a comment && p no"),
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = (
        "{}; {}",
        "{} && {}",
        "{} || {}",
        "{}\n{}",
        "{} &&\n{}",
        "({}\n)",
        "{{ {}\n}}",
        "! {}",
        "if {}\nthen {}\nfi",
        "if {}\nthen {}\nelse {}\nfi",
        "if {}\nthen {}\nelif {}\nthen {}\nfi",
        'for i in a "b c" $B\ndo {}\ndone',
        "for i in *.t $E\ndo {}\ndone",
        "case $A in one) {}\n;; *) {}\n;; esac",
        "case $A in two|three) {}\n;; esac\n{}",
        "while false\ndo {}\ndone",
        "for i in 1 2\ndo {}\nbreak\ndone; {}",
        "for i in 1 2\ndo if {}\nthen continue; fi; {}\ndone",
        "until {}\ndo X=in; break; done",
        "{} | p tail",
        "{} && {} || {}",
        'p "$({})"',
        'X=$({}\n); p "$X"',
    )
    return st.sampled_from(forms).flatmap(
        lambda form: st.lists(inner, min_size=form.count("{}"), max_size=form.count("{}")).map(
            lambda parts: form.format(*parts)
        )
    )


SCRIPTS = st.recursive(SIMPLE, _compound, max_leaves=8)


class Foreseen(NamedTuple):
    """A call as it was predicted."""

    name: str
    arguments: tuple[Argument, ...]
    directory: str
    variables: tuple[str | None, ...]
    unsure: frozenset[str]


class Recorder:
    """Stands in for the models: understands every command and remembers how it was called."""

    def __init__(self) -> None:
        self.calls: list[Foreseen] = []

    def effect(self, call: Call) -> CommandEffect:
        around = call.around
        values = tuple(around.environment.get(name) for name in SEEN)
        self.calls.append(Foreseen(call.name, call.arguments, around.directory, values, around.unsure))
        return CommandEffect(links=())


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bakegen-words-") as folder:
        root = Path(folder).resolve()
        (root / "bin").mkdir()
        for name in ("p", "q", "no1"):
            (root / "bin" / name).write_text(_STAND_IN)
            (root / "bin" / name).chmod(0o755)
        for shell in ("sh", "dash", "bash", "env", "echo", "test", "cat"):
            found = shutil.which(shell)
            if found:
                (root / "bin" / shell).symlink_to(found)
        for name in ("w/a.t", "w/b c.t", "w/d1/f", "w/d1/in/g", "w/d2/h"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("line one\n")
        yield root


def real_calls(script: str, room: Path, shell: str) -> list[list[str]]:
    log = room / "log"
    log.write_text("")
    environment = {
        "PATH": str(room / "bin"),
        "HOME": str(room / "w"),
        "LOG": str(log),
        "LC_ALL": "C.UTF-8",
        **VARIABLES,
    }
    subprocess.run(
        [shell, "-c", script],
        cwd=room / "w",
        env=environment,
        capture_output=True,
        timeout=20,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return [call.split("\x1f")[:-1] for call in log.read_text("utf-8", "surrogateescape").split("\x1e\x1f")[:-1]]


def foreseen_calls(script: str, room: Path, monkeypatch: pytest.MonkeyPatch, *, bash: bool) -> list[Foreseen] | None:
    recorder = Recorder()
    around = Surroundings(
        environment={"PATH": str(room / "bin"), "HOME": str(room / "w"), **VARIABLES},
        directory=str(room / "w"),
        user="root",
        base=BASE,
        complete=True,
        links_known=True,
    )
    try:
        tree = parse(script, bash=bash)
    except ShellError:
        return None
    walker = Interpreter(around, Span, bash=bash)
    with monkeypatch.context() as patch:
        patch.setattr(commands, "effect", recorder.effect)
        walker.run(tree, State(around.directory))
    return None if walker.reason else recorder.calls


def fits(real: list[str], one: Foreseen) -> bool:
    """Whether a real call is one of those that a prediction stands for."""
    name, directory = real[0].rpartition("/")[2], real[1]
    if name != one.name or (one.directory != directory and "not-known" not in one.directory):
        return False
    for index, variable in enumerate(SEEN):
        value = None if real[2 + index] == "(unset)" else real[2 + index]
        if variable not in one.unsure and value != one.variables[index]:
            return False
    return _match(real[6:], list(one.arguments))


def _match(words: list[str], arguments: list[Argument]) -> bool:
    if not arguments:
        return not words
    first, rest = arguments[0], arguments[1:]
    if first.text is not None:
        return bool(words) and words[0] == first.text and _match(words[1:], rest)
    if first.single:
        return bool(words) and words[0].startswith(first.prefix) and _match(words[1:], rest)
    for count in range(len(words) + 1):
        begins = all(word.startswith(first.prefix) for word in words[: count if first.pattern else min(count, 1)])
        if begins and _match(words[count:], rest):
            return True
    return False


def check(script: str, room: Path, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    foreseen = foreseen_calls(script, room, monkeypatch, bash=shell == "bash")
    assume(foreseen is not None)
    assert foreseen is not None
    for real in real_calls(script, room, shell):
        assert any(fits(real, one) for one in foreseen), f"{real} was not foreseen: {foreseen}"


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(script=SCRIPTS)
@example(script="cd missing; p a")
@example(script="cd d1 || exit 1; p a")
@example(script="set -e; cd d1; p a")
@example(script="X=1; p; export X; p; sh -c 'p $X'")
@example(script="for i in a b; do X=$i; [ $i = b ] && break; p $X; done; p $X")
@example(script="case $A in one) X=1;; *) X=2;; esac; p $X")
@example(script="p $(cd d1; p in) out")
@example(script='X=$(p q); p "$X"')
def test_dash_runs_what_was_foreseen(room: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    check(script, room, monkeypatch, "dash")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there")
@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(script=SCRIPTS)
@example(script="if [[ -d d1 && $A == o* ]]; then p $'a\\tb'; else q <<<$A; fi")
def test_bash_runs_what_was_foreseen(room: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    check(script, room, monkeypatch, "bash")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there")
@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(script=SCRIPTS)
def test_a_text_for_any_shell_means_the_same_in_bash(room: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """``/bin/sh`` may be bash."""
    foreseen = foreseen_calls(script, room, monkeypatch, bash=False)
    assume(foreseen is not None)
    assert foreseen is not None
    for real in real_calls(script, room, "bash"):
        assert any(fits(real, one) for one in foreseen), f"{real} was not foreseen: {foreseen}"


def test_the_stand_ins_work(room: Path) -> None:
    assert real_calls("X=1 p a 'b c'", room, "dash")[0][1:] == [
        str(room / "w"),
        "one",
        "two words",
        "1",
        "(unset)",
        "a",
        "b c",
    ]
    assert os.access(room / "bin" / "p", os.X_OK)
