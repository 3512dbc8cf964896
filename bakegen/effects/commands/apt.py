"""apt-get, apt and apt-mark: packages of Debian and Ubuntu.

Source: apt-get(8), apt.conf(5), apt-mark(8), sources.list(5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.model import CacheDirectory, Names
from bakegen.effects.places import entry, tree
from bakegen.effects.system_packages import MAINTAINER, installs
from bakegen.effects.toolbox import NETWORK, Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("apt-get", "apt", "apt-mark", "apt-cache")

VARIABLES = NETWORK | MAINTAINER | Names.of("APT_*", "DEB_*", "UCF_*", "NEEDRESTART_*", "DPKG_*", "DEBCONF_*")

_GRAMMAR = grammar(
    "-y --yes --assume-yes --assume-no -q -qq --quiet --no-install-recommends --install-recommends"
    " --no-install-suggests --install-suggests -f --fix-broken -m --fix-missing --ignore-missing -d --download-only -s"
    " --simulate --just-print --dry-run --recon --no-act --reinstall --allow-downgrades --allow-remove-essential"
    " --allow-change-held-packages --force-yes --allow-unauthenticated --allow-releaseinfo-change"
    " --allow-insecure-repositories --no-allow-insecure-repositories --no-upgrade --only-upgrade --purge --auto-remove"
    " --autoremove --trivial-only --show-progress --no-show-progress -V --verbose-versions -u --show-upgraded"
    " --no-show-upgraded --no-download --ignore-hold --list-cleanup --no-list-cleanup --no-remove --with-new-pkgs"
    " --arch-only --indep-only --no-auto-remove --allow-weak-repositories --allow-downgrade-to-insecure-repositories"
    " --version -v --help -h --installed --names-only --no-strict-pinning --solver",
    "-o --option -t --target-release --default-release -a --host-architecture -P --build-profiles -c --config-file",
    "-q --quiet --error-on --color",
)
_INSTALL = ("install", "reinstall", "satisfy", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge",
            "autoremove", "auto-remove", "autopurge", "build-dep")  # fmt: skip
_CLEAN = ("clean", "autoclean", "auto-clean", "distclean", "dist-clean")
_LOOK = ("list", "search", "show", "policy", "depends", "rdepends", "showsrc", "pkgnames", "stats", "madison", "check")
_MARK = ("auto", "manual", "hold", "unhold", "minimize-manual", "showauto", "showmanual", "showhold", "showheld")
_LISTS = "/var/lib/apt/lists"
_ARCHIVES = "/var/cache/apt"
_DOCKER_CLEAN = "/etc/apt/apt.conf.d/docker-clean"

EXAMPLES = (
    CallExample(
        "apt-get update",
        reads=("/etc/apt/**", "/usr/share/keyrings/**"),
        writes=("/var/lib/apt/**", "/var/cache/apt/**"),
    ),
    CallExample(
        "apt-get install -y --no-install-recommends curl=8.14.1-2 ca-certificates",
        reads=("/etc/apt/**", "/var/lib/apt/**"),
        writes=("/etc/**", "/usr/lib/**", "/var/**"),
    ),
    CallExample("apt-get install -y ./tool.deb", reads=("/build/tool.deb",), manifests=("/build/tool.deb",),
                directory="/build"),
    CallExample("apt-get -qq -o Acquire::Retries=3 -t trixie-backports install git", writes=("/usr/bin/**",)),
    CallExample("apt-get clean", writes=("/var/cache/apt/**",)),
    CallExample("apt-mark hold curl", writes=("/var/lib/dpkg/**",)),
    CallExample("apt-get purge -y --auto-remove gcc", writes=("/usr/bin/**",)),
    CallExample("apt-get -o Dir::Etc::sourcelist=/tmp/list update", barrier="Dir::Etc::sourcelist"),
    CallExample("apt-get -o Dir::Cache::Archives=/var/cache/apt/kept install git", writes=("/usr/bin/**",)),
    CallExample("apt-get -o DPkg::Post-Invoke=/x install git", barrier="Post-Invoke"),
    CallExample("apt-get source bash", barrier="source"),
    CallExample("apt-get install -y git", variables={"APT_CONFIG": "/x"}, barrier="APT_CONFIG"),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "apt", VARIABLES)
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    if sheet.setting("APT_CONFIG") or sheet.lost:
        raise Opaque("APT_CONFIG names a configuration of its own")
    for option in words.all("-o", "--option", "-c", "--config-file"):
        _check(option.value)
    for place in ("/etc/apt", "/etc/dpkg", "/usr/share/keyrings", "/var/lib/apt", "/var/lib/dpkg", "/var/cache/apt"):
        sheet.look_tree(place)
    name = words.subcommand
    if call.name == "apt-mark":
        return _mark(sheet, name)
    if name in _LOOK or words.has("--version", "-v", "--help", "-h"):
        # The package cache is built again where it is out of date.
        sheet.write(_ARCHIVES)
        return sheet.plain()
    if name in _CLEAN:
        sheet.write(_ARCHIVES)
        if name.startswith("dist"):
            sheet.write(_LISTS)
        return sheet.plain()
    if name == "update":
        sheet.assume("hooks in /etc/apt touch nothing but apt's own files")
        sheet.writes |= {tree("/var/lib/apt"), tree(_ARCHIVES)}
        sheet.outputs |= {tree(_LISTS)}
    elif name in _INSTALL:
        _install(sheet, name, words.behind())
    else:
        raise Opaque(f"what {call.name} {name} does is not known".replace("  ", " "))
    sheet.fetches()
    sheet.caches += [
        CacheDirectory(_ARCHIVES, "locked", (f"{_ARCHIVES}/**",), emptied_by=(_DOCKER_CLEAN,)),
        CacheDirectory(_LISTS, "locked", (f"{_LISTS}/**",)),
    ]
    return sheet.effect()


def _check(text: str | None) -> None:
    """Options of apt.conf(5) that change more than the model knows are refused."""
    if text is None:
        raise Opaque("an option's value is not known here")
    key = text.partition("=")[0].strip()
    low = key.lower()
    if low == "dir::cache::archives" and text.partition("=")[2].startswith(f"{_ARCHIVES}/") and ".." not in text:
        # Below what counts as written anyway.
        return
    harmless = "::" in key and not low.startswith(("dir::", "rootdir")) and "invoke" not in low
    if low.startswith("dpkg::options"):
        harmless = harmless and "--force-" in text
    elif low.startswith("dpkg::"):
        harmless = harmless and low.startswith(("dpkg::use-pty", "dpkg::lock"))
    if not harmless or "auto-detect" in low or "autodetect" in low or low.startswith("apt::update"):
        raise Opaque(f"what the option {key} changes is not known")


def _install(sheet: Sheet, name: str, words: Words) -> None:
    packages = []
    for operand in words.operands:
        text = operand.text or operand.prefix
        if text.startswith(("/", "./", "../")) or text.endswith(".deb"):
            if name == "build-dep" or (operand.text is not None and not text.endswith(".deb")):
                raise Opaque(f"{text} is not a package's file by its name")
            sheet.archive(operand)
            packages.append(text)
        elif operand.pattern:
            raise Opaque("which packages a pattern means is not known")
        else:
            packages.append(text)
    installs(sheet, packages)


def _mark(sheet: Sheet, name: str) -> CommandEffect:
    if name not in _MARK:
        raise Opaque(f"what apt-mark {name} does is not known".replace("  ", " "))
    sheet.reads.add(entry("/var/lib/apt/extended_states"))
    sheet.write(_ARCHIVES)
    if not name.startswith("show"):
        sheet.writes |= {tree("/var/lib/dpkg"), tree("/var/lib/apt")}
    return sheet.plain()
