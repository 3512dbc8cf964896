"""What gem and bundler share: where gems install, and variables.

Source: https://guides.rubygems.org/command-reference/#gem-environment and the documentation of the ruby image.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.model import Names
from bakegen.effects.toolbox import COMPILERS, NETWORK

if TYPE_CHECKING:
    from bakegen.effects.toolbox import Sheet

VARIABLES = NETWORK | COMPILERS | Names.of(
    "GEM_*", "GEMRC", "RUBY*", "NOKOGIRI_*", "RB_*", "RBENV_*", "FREEDESKTOP_MIME_TYPES_PATH", "DEBUG_RESOLVER",
    "SASSC_*", "GRPC_RUBY_*", "MSYSTEM",
)  # fmt: skip

_SYSTEM = ("/usr/local", "/usr/lib", "/usr/lib64", "/usr/bin", "/usr/share", "/var/lib/gems")


def gem_places(sheet: Sheet) -> tuple[str, ...]:
    """The directories that gems and their programs may install into."""
    found: list[str] = []
    given = sheet.setting("GEM_HOME")
    if given is not None:
        found.append(given)
    else:
        found += [*_SYSTEM, "/usr/local/bundle"]
        home = sheet.home()
        found += [posixpath.join(home, one) for one in (".gem", ".local/share/gem")] if home is not None else []
    sheet.assume("settings of RubyGems in the image (.gemrc) move none of its directories")
    for path in (sheet.setting("GEM_PATH") or "").split(":"):
        if path.startswith("/"):
            sheet.look_tree(path)
    home = sheet.home()
    for file in ("/etc/gemrc", *([posixpath.join(home, ".gemrc")] if home is not None else [])):
        sheet.maybe(file)
    # Specifications of the index are kept there.
    for name in (".gem", ".local/share/gem", ".cache/gem", ".bundle"):
        if home is not None:
            sheet.write(posixpath.join(home, name))
    return tuple(found)
