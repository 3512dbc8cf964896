"""Bake files of anybody, HCL or JSON, read with the place of everything and evaluated as far as that is sure."""
