"""``python -m venv`` and virtualenv: a directory that Python packages are installed into.

Source: https://docs.python.org/3/library/venv.html and https://virtualenv.pypa.io/en/stable/cli_interface.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.model import Names
from bakegen.effects.python_packages import VARIABLES, interpreter, prefixes
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words, text_of

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("venv", "virtualenv")

_GRAMMAR = grammar(
    "--system-site-packages --symlinks --copies --always-copy --clear --upgrade --without-pip --upgrade-deps"
    " --without-scm-ignore-files --no-pip --no-setuptools --no-wheel --download --no-download --never-download"
    " --no-vcs-ignore -q --quiet -v --verbose",
    "--prompt -p --python --pip --setuptools --wheel --seeder",
)
EXAMPLES = (
    CallExample("python3 -m venv /opt/venv", writes=("/opt/venv/**",)),
    CallExample("python3 -m venv --upgrade-deps --copies .venv", writes=("/app/.venv/**",), directory="/app"),
    CallExample(
        "virtualenv -p python3 /srv/env", writes=("/srv/env/**",), ensures=("/root/.local", "/root/.local/share")
    ),
    CallExample("python3 -m venv", barrier="no directory"),
    CallExample("python3 -m venv --magic /x", barrier="--magic"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, call.name, VARIABLES | Names.of("VIRTUALENV_*"))
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    interpreter(sheet)
    if not words.operands:
        raise Opaque("no directory is named")
    for prefix in prefixes(sheet):
        sheet.look_tree(prefix)
    for operand in words.operands:
        sheet.write(text_of(operand))
    if call.name == "virtualenv" or words.has("--upgrade-deps"):
        sheet.fetches()
    if call.name == "virtualenv":
        data = sheet.home(".local/share/virtualenv")
        if data is not None:
            sheet.write(data)
    return sheet.plain()
