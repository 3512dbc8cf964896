"""A strict reader of tar archives that never looks back: the members of image archives and of their layers.

Unlike `tarfile` it refuses an archive that is cut off or damaged in the middle instead of taking it as finished,
and keeps the bytes of extended attributes as they are. Formats: ustar, pax, GNU long names (POSIX.1-2008 pax(1);
what Go's archive/tar, which every engine uses, makes of them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK = 512
_PIECE = 1 << 20
_LARGEST_NAME = 1 << 20
_HEADER_ONLY = frozenset(b"123456")
_ZEROS = bytes(BLOCK)
XATTR = b"SCHILY.xattr."


class Damaged(Exception):
    """An archive that cannot be read; the message says what is wrong with it, fit to be shown."""


@dataclass(frozen=True, slots=True)
class Header:
    """One member, as its headers say; `type` is the tar type flag, ``0`` for every regular file.

    `mtime` is in whole seconds; 0 where it cannot be read.
    """

    name: str
    type: str
    mode: int
    uid: int
    gid: int
    size: int
    target: str
    device: tuple[int, int]
    xattrs: dict[str, bytes] = field(default_factory=dict)
    mtime: int = 0


class Stream:
    """Bytes that are read once, in order, from `read(n)`, which gives up to n bytes and nothing at the end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._buffer = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        end = self._at + size
        if end <= len(self._buffer):
            found = self._buffer[self._at : end]
            self._at = end
            return found
        parts = [self._buffer[self._at :]]
        missing = size - len(parts[0])
        self._buffer, self._at = b"", 0
        while missing > 0:
            piece = self._read(_PIECE)
            if not piece:
                break
            if len(piece) > missing:
                self._buffer, self._at = piece, missing
                piece = piece[:missing]
            parts.append(piece)
            missing -= len(piece)
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end; they stay."""
        found = self.take(size)
        self._buffer, self._at = found + self._buffer[self._at :], 0
        return found

    def exact(self, size: int) -> bytes:
        """The next `size` bytes. Raises `Damaged` where there are fewer."""
        found = self.take(size)
        if len(found) != size:
            raise Damaged("it is cut off")
        return found

    def pieces(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes in pieces of bounded length. Raises `Damaged` where there are fewer."""
        while size > 0:
            piece = self.exact(min(size, _PIECE))
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> None:
        """Reads past `size` bytes. Raises `Damaged` where there are fewer."""
        for _ in self.pieces(size):
            pass

    def drain(self) -> None:
        """Reads to the end."""
        while self.take(_PIECE):
            pass


class Members:
    """The members of one archive: `next` gives each header, and until it is called again `read` its bytes."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._rest = 0

    def next(self) -> Header | None:
        """The next member, None behind the last one.

        Raises:
            Damaged: the archive is cut off, or is none.
        """
        records: dict[bytes, bytes] = {}
        long_name = long_target = None
        while True:
            self.stream.skip(self._rest)
            self._rest = 0
            block = self.stream.take(BLOCK)
            if not block or block == _ZEROS:
                if records or long_name is not None or long_target is not None:
                    raise Damaged("it ends behind a header that announces a member")
                return None
            if len(block) < BLOCK:
                raise Damaged("it is cut off")
            if not is_header(block):
                raise Damaged("it has a header that does not fit its checksum")
            flag, size = block[156], _number(block[124:136])
            if flag in b"xLK":
                text = self._long(size)
                if flag == ord("x"):
                    records = _records(text)
                elif flag == ord("L"):
                    long_name = text.split(b"\0", 1)[0]
                else:
                    long_target = text.split(b"\0", 1)[0]
                continue
            if flag == ord("g"):  # says nothing of any single member: engines ignore it
                self._rest = -(-size // BLOCK) * BLOCK
                continue
            return self._member(block, records, long_name, long_target)

    def read(self, header: Header) -> Iterator[bytes]:
        """The bytes of the member that `next` has just given."""
        self._rest -= header.size
        return self.stream.pieces(header.size)

    def _long(self, size: int) -> bytes:
        if size > _LARGEST_NAME:
            raise Damaged(f"it has a header of {size} bytes")
        text = self.stream.exact(-(-size // BLOCK) * BLOCK)
        return text[:size]

    def _member(
        self, block: bytes, records: dict[bytes, bytes], long_name: bytes | None, long_target: bytes | None
    ) -> Header:
        if any(key.startswith(b"GNU.sparse.") for key in records):
            raise Damaged("it has a sparse file, which bakegen does not read")
        name = records.get(b"path") or long_name or _name(block)
        flag = block[156]
        if flag in b"\x007":
            flag = ord("5") if flag == 0 and name.endswith(b"/") else ord("0")
        if flag not in b"0123456":
            raise Damaged(f"it has a member of the unknown type {chr(flag)!r}")
        size = 0
        if flag not in _HEADER_ONLY:
            size = _decimal(records, b"size", _number(block[124:136]))
            self._rest = -(-size // BLOCK) * BLOCK
        return Header(
            name=_text(name),
            type=chr(flag),
            mode=_number(block[100:108]) & 0o7777,
            uid=_decimal(records, b"uid", _number(block[108:116])),
            gid=_decimal(records, b"gid", _number(block[116:124])),
            size=size,
            target=_text(records.get(b"linkpath") or long_target or _field(block[157:257])),
            device=(_number(block[329:337]), _number(block[337:345])) if flag in b"34" else (0, 0),
            xattrs={
                _text(key[len(XATTR) :]): value
                for key, value in records.items()
                if key.startswith(XATTR) and len(key) > len(XATTR)
            },
            mtime=_time(block[136:148]),
        )


def is_header(block: bytes) -> bool:
    """Whether these 512 bytes are a tar header: their checksum says so."""
    if len(block) != BLOCK:
        return False
    try:
        stated = _number(block[148:156])
    except Damaged:
        return False
    return stated == sum(block) - sum(block[148:156]) + 8 * 32


def _number(raw: bytes) -> int:
    if raw and raw[0] & 0x80:  # GNU's base 256
        if raw[0] & 0x40:
            raise Damaged("it has a header with a negative number")
        return int.from_bytes(bytes([raw[0] & 0x7F]) + raw[1:], "big")
    digits = raw.split(b"\0", 1)[0].strip(b" ")
    if not digits:
        return 0
    if digits.strip(b"01234567"):
        raise Damaged("it has a header with something else than a number")
    return int(digits, 8)


def _time(raw: bytes) -> int:
    try:
        return _number(raw)
    except Damaged:
        return 0


def _decimal(records: dict[bytes, bytes], key: bytes, otherwise: int) -> int:
    raw = records.get(key)
    if not raw:
        return otherwise
    if not raw.isdigit() or len(raw) > 20:
        raise Damaged("it has a header with something else than a number")
    return int(raw)


def _field(raw: bytes) -> bytes:
    return raw.split(b"\0", 1)[0]


def _name(block: bytes) -> bytes:
    name, prefix = _field(block[:100]), _field(block[345:500])
    # GNU's older format has times where ustar has the first part of a long name.
    return prefix + b"/" + name if prefix and block[257:263] == b"ustar\0" else name


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _records(raw: bytes) -> dict[bytes, bytes]:
    """The records of a pax header: ``length key=value`` and a newline, the length in bytes and with itself."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(raw):
        blank = raw.find(b" ", at, at + 21)
        digits = raw[at:blank] if blank > 0 else b""
        end = at + int(digits) if digits.isdigit() else 0
        key, equals, value = raw[blank + 1 : end - 1].partition(b"=")
        if not equals or end <= blank or end > len(raw) or raw[end - 1 : end] != b"\n":
            raise Damaged("it has a damaged pax header")
        found[key] = value
        at = end
    return found
