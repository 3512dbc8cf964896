"""``tar``: reads and writes the archive and the trees that it names; an archive does not reach out of its directory.

Source: the manual of GNU tar (absolute names and ``..`` are refused or cut), busybox's archival/tar.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.options import Options, read_options
from bakegen.effects.places import entry

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("tar", "bsdtar")
EXAMPLES = (
    CallExample("tar -xzf /tmp/a.tgz -C /opt", reads=("/tmp/a.tgz", "/opt/**"), writes=("/opt/**",)),
    CallExample("tar xf a.tar", reads=("/w/a.tar",), writes=("/w/**",), directory="/w"),
    CallExample("tar -C /opt --strip-components=1 -xJ", writes=("/opt/**",), reads=("/bin/xz",),
                variables={"PATH": "/bin"}),
    CallExample("tar -czf /out.tgz -C /srv app", reads=("/srv/app/**",), writes=("/out.tgz",)),
    CallExample("tar tf /a.tar", reads=("/a.tar",)),
    CallExample("tar xf /a.tar --to-command=sh", barrier="--to-command"),
    CallExample("tar -I zstd -xf /a", barrier="-I"),
)  # fmt: skip
_LONG = (
    "extract", "get", "create", "list", "gzip", "gunzip", "bzip2", "xz", "lzma", "zstd", "auto-compress", "verbose",
    "same-owner", "no-same-owner", "same-permissions", "preserve-permissions", "no-same-permissions", "numeric-owner",
    "keep-old-files", "overwrite", "no-overwrite-dir", "skip-old-files", "wildcards", "no-wildcards", "anchored",
    "touch", "totals", "warning", "xattrs", "selinux", "no-recursion", "dereference", "hard-dereference",
)  # fmt: skip
_VALUED = ("file", "directory", "strip-components", "exclude", "exclude-from", "files-from", "owner", "group", "mode",
           "sort", "mtime", "format", "warning")  # fmt: skip
_COMPRESSORS = ("gzip", "gunzip", "bzip2", "xz", "unxz", "zstd", "lzma")


def effect(call: Call) -> CommandEffect | str:
    """The archive and the trees."""
    access = Access(call)
    arguments = list(call.arguments)
    if arguments and arguments[0].text and not arguments[0].text.startswith("-"):
        arguments = _old_style(arguments)
    options = read_options(arguments, "xctzjJaZvpmokwhUPS", "fCXT", _LONG, _VALUED)
    if options.any("-P", "-w", "-U"):
        raise Opaque("-P, -U and -w are not looked into")
    access.environment("TAR_OPTIONS", "TAPE", "GZIP", "BZIP2", "XZ_*", "ZSTD_*")
    if access.around.environment.get("TAR_OPTIONS") is not None:
        raise Opaque("TAR_OPTIONS is set")
    access.runs(*_COMPRESSORS)
    for name in ("-X", "-T", "--files-from", "--exclude-from"):
        for path in options.every(name):
            access.read(path)
    modes = [
        mode
        for mode, names in (("x", ("-x", "--extract", "--get")), ("c", ("-c", "--create")), ("t", ("-t", "--list")))
        if options.any(*names)
    ]
    if len(modes) != 1:
        raise Opaque("whether it packs or unpacks is not known")
    archive = options.last("-f", "--file")
    text = archive.text if isinstance(archive, Argument) else archive
    directories = options.every("-C", "--directory")
    if archive is not None and text != "-":
        if text is not None and ":" in text:
            raise Opaque("an archive on another machine")
        if modes == ["c"]:
            access.change(archive)
        else:
            access.read(archive)
    if modes == ["x"]:
        access.reads |= {entry("/etc/passwd"), entry("/etc/group")}
        for directory in _effective(directories):
            access.spread(directory)
    elif modes == ["c"]:
        _packed(access, options, directories)
    return access.effect()


def _old_style(arguments: list[Argument]) -> list[Argument]:
    """``tar xzf file`` as ``tar -x -z -f file``: the letters take their values in order from what follows."""
    letters, rest = arguments[0].text or "", arguments[1:]
    found: list[Argument] = []
    for letter in letters:
        found.append(Argument(f"-{letter}", arguments[0].span))
        if letter in "fCXTbLKNV" and rest:
            found.append(rest.pop(0))
    return found + rest


def _effective(directories: list[Argument | str]) -> list[Argument | str]:
    """Each ``-C`` goes on from the one before; ``.`` where there is none."""
    if len(directories) > 1 and not all(_text(one).startswith("/") for one in directories):
        raise Opaque("several -C that are relative")
    return list(directories) or ["."]


def _packed(access: Access, options: Options, directories: list[Argument | str]) -> None:
    if options.any("-h", "--dereference"):
        raise Opaque("it follows the links that it finds")
    access.reads |= {entry("/etc/passwd"), entry("/etc/group")}
    if len(directories) > 1 or options.any("-T", "--files-from"):
        raise Opaque("what it packs is not known")
    base = _text(directories[0]) if directories else ""
    if directories and not base:
        raise Opaque("what it packs is not known")
    for operand in options.operands:
        if operand.pattern and not operand.prefix.startswith("/") and base:
            # The shell expands it where it is, not in the directory of -C.
            raise Opaque("a glob with -C")
        if operand.text is None:
            access.read(operand, tree=True)
        else:
            access.read(f"{base.rstrip('/')}/{operand.text}" if base and operand.text[0] != "/" else operand.text,
                        tree=True, last=False)  # fmt: skip


def _text(one: Argument | str) -> str:
    return (one.text if isinstance(one, Argument) else one) or ""
