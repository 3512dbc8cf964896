"""What installing packages of a distribution does, whichever tool it is done by; used by apt, dpkg, apk and dnf."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.effects.model import Names
from bakegen.effects.places import entry, tree
from bakegen.effects.toolbox import SYSTEM_WRITES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.effects.toolbox import Sheet

MAINTAINER = Names.of("DEBIAN_*", "DEBCONF_*", "DPKG_*", "ACCEPT_EULA", "SYSTEMD_*", "POLICYRCD", "FONTCONFIG_*")
"""Variables that packages' own scripts look at."""

_SOURCES = re.compile(r"(?:^|-)(?:dkms|headers|source|src)(?:-|=|$)|^linux-|^kernel|gtest|gmock|googletest|googlemock")


_ADD_ONS = re.compile(
    r"/|\.deb$|\.rpm$|\.apk$|chrome|chromium-browser|edge|brave|opera|vivaldi|puppet|chef|salt|rocm|datadog|mssql|msodbc|oracle|nvidia|intel"
    r"|gitlab|splunk|vagrant|teamviewer|slack|zoom|spotify|td-agent|fluent|kong|couchbase|confluent|cloud|ftp|git-daemon"
)
"""Names of packages that are known to install below /opt or /srv, and files, which may hold anything."""


def installs(sheet: Sheet, packages: Iterable[str]) -> None:
    """Packages by these names come or go, with what they need: they may write all over the system's directories."""
    named = tuple(packages)
    sheet.writes |= SYSTEM_WRITES
    sheet.outputs |= SYSTEM_WRITES
    if any(_SOURCES.search(name) for name in named):
        sheet.writes.add(tree("/usr/src"))
        sheet.outputs.add(tree("/usr/src"))
    else:
        sheet.assume("no package installs below /usr/src, as sources and headers of kernels do")
    if any(_ADD_ONS.search(name) for name in named):
        sheet.writes |= {tree("/opt"), tree("/srv")}
        sheet.outputs |= {tree("/opt"), tree("/srv")}
    else:
        sheet.assume("no package installs below /opt or /srv, which distributions leave to others")
    sheet.assume("packages install below /bin, /boot, /etc, /lib*, /opt, /run, /sbin, /srv, /usr and /var only")
    sheet.assume("packages' scripts look at nothing else either, and at no variables of the project's own")
    home = sheet.around.home
    if home is not None:
        sheet.reads |= {entry(posixpath.join(home, name)) for name in (".dpkg.cfg", ".debconfrc", ".gnupg")}
