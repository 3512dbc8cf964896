"""Whether a RUN may be understood at all, by the names of its programs: asked before its effect, which takes longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.dockerfile.instructions import Run
    from bakegen.rules.dockerfiles import DockerfileSubject

_WORDS = """
    . : [ [[ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo
    enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf
    pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit
    umask unalias unset wait env nice ionice nohup timeout busybox sh bash dash ash
"""
SHELL = frozenset(_WORDS.split())
"""What is understood beside the programs that have a model: builtins, shells, and what starts another program."""


def may_be_understood(subject: DockerfileSubject, run: Run) -> bool:
    """Whether nothing in a RUN is surely beyond us; False makes its effect a barrier.

    Args:
        subject: the Dockerfile.
        run: one of its RUNs.
    """
    script = subject.script(run)
    if run.devices or (script.tree is None and not run.line.json):
        return False
    return all(knows_program(name) for name in {call.name for call in script.calls})


def knows_program(name: str) -> bool:
    """Whether a program has a model, or may be one that starts such a program."""
    from bakegen.effects.commands import knows

    return name in SHELL or knows(name) or name.startswith("python")
