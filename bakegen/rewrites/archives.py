"""Whether ADD would unpack a file: what its first bytes say; used by `add_to_copy`.

Source: isArchivePath in BuildKit's solver/llbsolver/file/unpack.go, Detect in moby/go-archive/compression, and the
header check of Go's archive/tar.
"""

from __future__ import annotations

_BLOCK = 512
_CHECKSUM = slice(148, 156)
_PACKED = (b"BZh", b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_SKIPPABLE = b"\x2a\x4d\x18"  # of a zstd frame, behind a byte 0x50 to 0x5f


def may_be_archive(data: bytes) -> bool:
    """Whether a file that begins with `data`, its first 512 bytes or all of it, may be an archive to ADD.

    Packed files count without a look into them. Anything else is a tar archive only with a header whose checksum is
    right, so False is certain.
    """
    if data.startswith(_PACKED) or (data[1:4] == _SKIPPABLE and data[0] >> 4 == 5):
        return True
    if len(data) < _BLOCK:
        return False
    header = data[:_BLOCK]
    try:
        wanted = int(header[_CHECKSUM].strip(b" \x00") or b"0", 8)
    except ValueError:
        return False
    rest = header[:148] + b" " * 8 + header[156:]
    return wanted in (sum(rest), sum(byte - 256 if byte > 127 else byte for byte in rest)) and any(header)
