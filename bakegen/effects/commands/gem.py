"""gem: single gems from an index.

Source: https://guides.rubygems.org/command-reference/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.ruby_packages import VARIABLES, gem_places
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("gem",)

_GRAMMAR = grammar(
    "-h --help --no-document -N --no-doc --no-ri --no-rdoc -f --force --conservative --minimal-deps --prerelease"
    " --pre --no-user-install --user-install --development -V --verbose -q --quiet --silent --backtrace -E"
    " --env-shebang --no-wrappers -w --wrappers -r --remote -b --both -a --all -x --executables -I"
    " --ignore-dependencies --no-update --default --system --no-prerelease",
    "-v --version --platform -i --install-dir -n --bindir --source -s --clear-sources --document -P --trust-policy"
    " --http-proxy -p --build-root",
    "--system",
)
_MADE = ("/root/.cache", "/root/.local", "/root/.local/share")

EXAMPLES = (
    CallExample("gem install bundler -v 2.5.6 --no-document", writes=("/usr/local/**",), ensures=_MADE),
    CallExample("gem install rails", writes=("/usr/local/bundle/**",), ensures=_MADE,
                variables={"GEM_HOME": "/usr/local/bundle"}),
    CallExample("gem install ./tool-1.0.gem", reads=("/app/tool-1.0.gem",), ensures=_MADE,
                manifests=("/app/tool-1.0.gem",), directory="/app"),
    CallExample("gem update --system 3.5.6", writes=("/usr/local/**",), ensures=_MADE),
    CallExample("gem build app.gemspec", barrier="gem build"),
    CallExample("gem install rake --magic", barrier="--magic"),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "gem", VARIABLES)
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    command = words.subcommand
    if words.has("--help", "-h") or command in ("env", "environment", "list", "--version"):
        return sheet.plain()
    if command not in ("install", "i", "update", "uninstall", "cleanup"):
        raise Opaque(f"what gem {command} does is not known")
    if words.value("--build-root") is not None:
        raise Opaque("its directories are moved")
    for operand in words.behind().operands:
        text = operand.text or operand.prefix
        if text.endswith(".gem") or operand.pattern or "/" in text:
            sheet.archive(operand)
    elsewhere = [one for one in (words.value("-i", "--install-dir"), words.value("-n", "--bindir")) if one is not None]
    for place in (*elsewhere, *gem_places(sheet)):
        sheet.look_tree(place)
        sheet.write(place)
    sheet.fetches()
    sheet.assume("a file of a gem's name and version does not lie in the working directory")
    sheet.assume("building gems looks at and writes nothing outside of where gems install")
    return sheet.effect()
