"""dnf, yum and microdnf: packages of Fedora, Red Hat Enterprise Linux and their kin.

Source: dnf(8) of dnf 4 and 5, dnf.conf(5), the README of microdnf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.model import CacheDirectory, Names
from bakegen.effects.system_packages import MAINTAINER, installs
from bakegen.effects.toolbox import NETWORK, Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("dnf", "dnf5", "yum", "microdnf", "tdnf")

_GRAMMAR = grammar(
    "-y --assumeyes --assumeno -q --quiet -v --verbose -b --best --nobest --no-best -C --cacheonly --refresh"
    " --allowerasing --skip-broken --skip-unavailable --nodocs --nogpgcheck --no-gpgchecks --noautoremove --nobest"
    " --downloadonly --security --bugfix --enhancement --newpackage --noplugins --obsoletes --help -h --version --all"
    " --installed --available --quiet --no-docs --nofilelists --allow-downgrade --no-allow-downgrade",
    "-x --exclude --enablerepo --disablerepo --repo --repoid --disableplugin --enableplugin --releasever --forcearch"
    " --setopt -e --errorlevel -d --debuglevel -R --randomwait --rpmverbosity --comment --color --enable-repo"
    " --disable-repo",
)
_INSTALL = ("install", "localinstall", "reinstall", "upgrade", "update", "upgrade-minimal", "distro-sync", "remove",
            "erase", "autoremove", "downgrade", "groupinstall", "group", "module", "swap")  # fmt: skip
_LOOK = ("list", "info", "repolist", "search", "provides", "repoquery", "check-update", "repoinfo", "")
_SETTINGS = ("install_weak_deps", "tsflags", "keepcache", "fastestmirror", "max_parallel_downloads", "retries",
             "timeout", "best", "sslverify", "skip_missing_names_on_install", "skip_if_unavailable",
             "strict", "gpgcheck", "minrate", "deltarpm", "clean_requirements_on_remove", "skip_broken")  # fmt: skip
_PLACES = {
    "dnf": ("/var/cache/dnf", "/var/cache/libdnf5"),
    "dnf5": ("/var/cache/libdnf5",),
    "yum": ("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"),
    "microdnf": ("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"),
    "tdnf": ("/var/cache/tdnf",),
}

EXAMPLES = (
    CallExample("dnf install -y --setopt=install_weak_deps=False git-core", reads=("/etc/yum.repos.d/**",),
                writes=("/usr/bin/**", "/var/**", "/etc/**")),
    CallExample("microdnf install -y --nodocs python3", writes=("/usr/lib64/**",)),
    CallExample("yum install -y ./tool.rpm", manifests=("/app/tool.rpm",), directory="/app"),
    CallExample("dnf clean all", writes=("/var/cache/dnf/**", "/var/cache/libdnf5/**")),
    CallExample("dnf makecache", writes=("/var/cache/dnf/**",)),
    CallExample("dnf --installroot=/target install bash", barrier="--installroot"),
    CallExample("dnf --setopt=reposdir=/x install bash", barrier="reposdir"),
    CallExample("dnf config-manager --add-repo x", barrier="--add-repo"),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "dnf", NETWORK | MAINTAINER | Names.of("DNF_*", "DNF0", "YUM*", "LIBDNF_*", "RPM_*"))
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    for place in (
        "/etc/dnf",
        "/etc/yum",
        "/etc/yum.repos.d",
        "/etc/rpm",
        "/usr/lib/rpm",
        "/var/lib/rpm",
        "/etc/yum.conf",
        "/var/lib/dnf",
        "/var/cache",
        "/etc/tdnf",
        "/etc/libdnf5",
        "/usr/lib/sysimage",
    ):
        sheet.look_tree(place)
    for option in words.all("--setopt"):
        key = (option.value or "").partition("=")[0].rpartition(".")[2]
        if key not in _SETTINGS:
            raise Opaque(f"what the setting {key} changes is not known")
    command = words.subcommand
    caches = _PLACES[call.name]
    if command in ("clean", "makecache", *_LOOK):
        for place in (*caches, "/var/lib/dnf", "/var/log"):
            sheet.write(place)
        return sheet.plain()
    if command not in _INSTALL:
        raise Opaque(f"what {call.name} {command} does is not known")
    names = []
    for operand in words.behind().operands:
        text = operand.text or operand.prefix
        remote = "://" in text and not text.startswith("file:")
        if not remote and (text.endswith(".rpm") or operand.pattern):
            sheet.archive(operand)
        else:
            names.append(text)
    installs(sheet, names)
    sheet.fetches()
    unsure = ("which of its cache directories it uses depends on its version",) if len(caches) > 1 else ()
    sheet.caches += [CacheDirectory(one, "locked", (f"{one}/**",), disabled_by=unsure) for one in caches]
    return sheet.effect()
