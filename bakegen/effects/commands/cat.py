"""Commands that read the files they are given and write to their output: ``cat``, ``grep``, ``sort``, ``ls``, ….

Source: the utilities of POSIX.1-2024 and the manual of GNU coreutils.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.options import read_options
from bakegen.effects.places import entry

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect


@dataclass(frozen=True, slots=True)
class _Reader:
    """A command's options: letters and long names without and with a value.

    `files` are the options whose values are files too; `skip` is how many operands come before the files;
    `deep` says that what is below directories is looked at.
    """

    flags: str = ""
    valued: str = ""
    long: tuple[str, ...] = ()
    long_valued: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    skip: int = 0
    deep: bool = False
    numbers: bool = False


_SUMS = _Reader("bctwz", "a", ("check", "quiet", "status", "strict", "warn", "ignore-missing", "binary", "text", "tag"))
_GREP = _Reader(
    "cEFGHhiLlnoPqsvwxzaIbrRU",
    "efmABC",
    ("quiet", "silent", "extended-regexp", "fixed-strings", "perl-regexp", "ignore-case", "invert-match", "count",
     "only-matching", "no-messages", "line-regexp", "word-regexp", "color", "colour", "files-with-matches", "text"),
    ("regexp", "file", "max-count", "include", "exclude", "exclude-dir"),
    ("-f", "--file"),
    1,
)  # fmt: skip
_READERS: dict[str, _Reader] = {
    "cat": _Reader("AbeEnstTuv", "", ("number", "show-all", "squeeze-blank")),
    "tac": _Reader("br", "s"),
    "head": _Reader("qvz", "cn", ("quiet", "verbose"), ("lines", "bytes"), numbers=True),
    "tail": _Reader("qvz", "cn", ("quiet", "verbose"), ("lines", "bytes"), numbers=True),
    "wc": _Reader("clmwL", "", ("lines", "words", "bytes")),
    "cut": _Reader("nsz", "bcdf", ("only-delimited",), ("delimiter", "fields", "characters", "bytes")),
    "sort": _Reader(
        "bcCdfghiMmnRruVsz", "kt", ("unique", "reverse", "numeric-sort", "version-sort"), ("key", "field-separator")
    ),
    "uniq": _Reader("cdiuz", "fsw", ("count",)),
    "nl": _Reader("p", "bdfhilnsvw"),
    "rev": _Reader(),
    "fold": _Reader("bs", "w"),
    "paste": _Reader("sz", "d"),
    "join": _Reader("iz", "12aetvoj"),
    "comm": _Reader("123z"),
    "cmp": _Reader("bls", "in", ("quiet", "silent")),
    "diff": _Reader("abBcdeiqrsuwyN", "U", ("brief", "recursive"), deep=True),
    "od": _Reader("abcdfiloxv", "AjNtw"),
    "xxd": _Reader("abeipruE", "clos"),
    "hexdump": _Reader("bcCdovx", "ens"),
    "base64": _Reader("di", "w", ("decode", "ignore-garbage"), ("wrap",)),
    "strings": _Reader("af", "nte"),
    "file": _Reader("bhiLkrz0", "FP", ("brief", "mime-type", "mime")),
    "stat": _Reader("Lft", "c", ("dereference", "terse"), ("format", "printf")),
    "readlink": _Reader("efmnqsvz", "", ("canonicalize",)),
    "realpath": _Reader("emLPqsz"),
    "du": _Reader("abcDhHklLmPsSxX0", "dBt", ("summarize", "human-readable"), ("max-depth",), deep=True),
    "df": _Reader("ahHiklPTv", "Bt", ("human-readable", "output")),
    "ls": _Reader(
        "aAbBcCdfFgGhHiklLmnNopqQrRsStTuUvxXZ1", "IwT", ("all", "almost-all", "color", "recursive", "human-readable"),
        deep=True,
    ),
    "grep": _GREP,
    "egrep": _GREP,
    "fgrep": _GREP,
    "getent": _Reader("i", "s"),
    **dict.fromkeys(("md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum", "cksum"), _SUMS),
}  # fmt: skip
NAMES = (
    "cat", "tac", "head", "tail", "wc", "cut", "sort", "uniq", "nl", "rev", "fold", "paste", "join", "comm", "cmp",
    "diff", "od", "xxd", "hexdump", "base64", "strings", "file", "stat", "readlink", "realpath", "du", "df", "ls",
    "grep", "egrep", "fgrep", "getent", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum",
    "b2sum", "cksum",
)  # fmt: skip
EXAMPLES = (
    CallExample("cat a /b/c", reads=("/w/a", "/b/c"), directory="/w"),
    CallExample("grep -q ^x /etc/passwd", reads=("/etc/passwd",)),
    CallExample("grep -r x /srv", reads=("/srv/**",)),
    CallExample("grep -e x /a", reads=("/a",)),
    CallExample("ls -la /opt", reads=("/opt/**",)),
    CallExample("head -5 /a | sort -u | wc -l", reads=("/a", "/bin/wc"), variables={"PATH": "/bin"}),
    CallExample("sha256sum -c /tmp/SUMS", reads=("/tmp/SUMS",)),
    CallExample("sort -o /x /y", barrier="-o"),
    CallExample("tail -f /x", barrier="-f"),
)


def effect(call: Call) -> CommandEffect | str:
    """The files."""
    access = Access(call)
    reader = _READERS[call.name]
    options = read_options(
        call.arguments, reader.flags, reader.valued, reader.long, reader.long_valued, numbers=reader.numbers
    )
    operands = list(options.operands)
    if call.name == "getent":
        access.reads |= {entry(f"/etc/{one}") for one in ("passwd", "group", "hosts", "services", "shadow")}
        return access.effect()
    patterns = options.any("-e", "-f", "--regexp", "--file")
    if reader.skip and not patterns:
        operands = operands[reader.skip :]
    if call.name in ("uniq", "xxd") and len(operands) > 1:
        raise Opaque("it writes to a second file")
    if call.name == "xxd" and options.any("-r"):
        raise Opaque("-r is not looked into")
    for name in reader.files:
        for value in options.every(name):
            access.read(value)
    deep = reader.deep or (reader is _GREP and options.any("-r", "-R"))
    for path in operands:
        if path.text != "-":
            access.read(path, tree=deep, last=False)
            access.read(path, tree=deep)
    if not operands and (call.name in ("ls", "du") or (reader is _GREP and deep)):
        access.read(".", tree=True)
    if reader is _SUMS and options.any("-c", "--check"):
        access.assume("a list of checksums names nothing but files that this RUN has made")
    return access.effect()
