"""Image definitions and version matrices in, Dockerfiles and a bake file with working caches out."""

__version__ = "0.1.0"
