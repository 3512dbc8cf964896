"""Runs the files that `bakegen ci` prints as their providers do: their shell, in the environment of each event."""
