"""Comparing images: OCI archives and layouts in, their configuration and root filesystem, and what differs."""

from bakegen.compare.archive import read_image
from bakegen.compare.blobs import Shared
from bakegen.compare.differences import CONFIG, Comparison, Difference, confirmed, differences
from bakegen.compare.model import Entry, Image, Kind

__all__ = [
    "CONFIG",
    "Comparison",
    "Difference",
    "Entry",
    "Image",
    "Kind",
    "Shared",
    "confirmed",
    "differences",
    "read_image",
]
