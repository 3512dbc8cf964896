"""``unzip``, ``gzip`` and its kin: read archives, write what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.options import Options, read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

_SUFFIXES = {
    "gzip": (".gz", ".tgz", ".z", "-gz", "-z", "_z", ".Z", ".taz"),
    "bzip2": (".bz2", ".bz", ".tbz2", ".tbz"),
    "xz": (".xz", ".lzma", ".txz", ".tlz"),
    "zstd": (".zst", ".tzst", ".gz", ".xz", ".lzma", ".lz4"),
}
_KIN = {
    **dict.fromkeys(("gzip", "gunzip", "zcat"), "gzip"),
    **dict.fromkeys(("bzip2", "bunzip2", "bzcat"), "bzip2"),
    **dict.fromkeys(("xz", "unxz", "xzcat"), "xz"),
    **dict.fromkeys(("zstd", "unzstd", "zstdcat"), "zstd"),
}
NAMES = (
    "unzip", "gzip", "gunzip", "zcat", "bzip2", "bunzip2", "bzcat", "xz", "unxz", "xzcat", "zstd", "unzstd",
    "zstdcat",
)  # fmt: skip
EXAMPLES = (
    CallExample("unzip -q /tmp/a.zip -d /opt/a", reads=("/tmp/a.zip", "/opt/a/**"), writes=("/opt/a/**",)),
    CallExample("unzip -o a.zip", reads=("/w/a.zip",), writes=("/w/**",), directory="/w"),
    CallExample("gunzip /a/b.gz", reads=("/a/b.gz",), writes=("/a/b.gz", "/a/b")),
    CallExample("xz -9 -k /a", writes=("/a.xz", "/a")),
    CallExample("zcat /a.gz > /b", reads=("/a.gz",), writes=("/b",)),
    CallExample("gzip -r /a", barrier="-r"),
    CallExample("unzip $http_proxy", barrier="may be an option"),
)


def effect(call: Call) -> CommandEffect | str:
    """The archives and what is put out."""
    access = Access(call)
    if call.name == "unzip":
        access.environment("UNZIP*")
        options = read_options(call.arguments, "qonjLCaubXtlvp", "dxP")
        if not options.operands:
            raise Opaque("it names no archive")
        access.read(options.operands[0])
        if not options.any("-t", "-l", "-v", "-p"):
            access.spread(options.last("-d") or ".")
        return access.effect()
    return _kin(access, call)


def _kin(access: Access, call: Call) -> CommandEffect:
    tool = _KIN[call.name]
    access.environment(f"{tool.upper()}*", f"{tool.upper()}_*")
    long = ("decompress", "stdout", "to-stdout", "force", "keep", "quiet", "verbose", "best", "fast", "no-name", "rm")
    valued = "oT" if tool == "zstd" else "ST"
    options = read_options(call.arguments, "cdfhklnqtvz0123456789e", valued, long, ("threads",))
    if options.any("-S", "-o"):
        raise Opaque("-S and -o are not looked into")
    silent = "cat" in call.name or options.any("-c", "--stdout", "--to-stdout", "-l", "-t")
    for path in options.operands:
        access.read(path)
        if silent or path.text == "-":
            continue
        access.change(path)
        if path.text is not None:
            _beside(access, path, options, tool, unpacks=call.name.startswith(("gun", "bun", "un")))
    return access.effect()


def _beside(access: Access, path: Argument, options: Options, tool: str, *, unpacks: bool) -> None:
    """What the packed or unpacked file is called."""
    text = path.text or ""
    if not unpacks and not options.any("-d", "--decompress"):
        for suffix in _SUFFIXES[tool][:1]:
            access.change(text + suffix)
        return
    for suffix in _SUFFIXES[tool]:
        if text.endswith(suffix):
            access.change(text.removesuffix(suffix))
            access.change(text.removesuffix(suffix) + ".tar")
        # Without a suffix some of them look for the file that has one.
        access.change(text + suffix)
