"""Which shell a SHELL instruction names, and what its options switch on."""

from __future__ import annotations

from bakegen.values import dataclass

_SHELLS = ("sh", "ash", "dash", "bash")
_LONG = {"errexit": "e", "nounset": "u", "xtrace": "x", "verbose": "v", "pipefail": "pipefail"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """A shell: whether it is bash for sure, and whether ``set -e`` and ``set -o pipefail`` are in force."""

    name: str
    bash: bool
    errexit: bool = False
    pipefail: bool = False


def dialect(words: tuple[str, ...]) -> Dialect | str:
    """The shell that SHELL names, or the reason (a clause) why its texts are not understood."""
    if not words:
        return "SHELL is empty"
    name = words[0].rpartition("/")[2]
    if name not in _SHELLS:
        return f"the shell {words[0]} is not understood"
    options: set[str] = set()
    waiting = list(words[1:])
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-") or word.startswith("--"):
            return f"the shell {' '.join(words)} is not understood"
        for letter in word[1:]:
            if letter == "o" and waiting:
                long = waiting.pop(0)
                if long not in _LONG:
                    return f"the shell's option -o {long} is not understood"
                options.add(_LONG[long])
            elif letter in "ceuxv":
                options.add(letter)
            else:
                return f"the shell's option -{letter} is not understood"
    if "c" not in options:
        return f"the shell {' '.join(words)} is not given -c"
    return Dialect(name, name == "bash", "e" in options, "pipefail" in options)
