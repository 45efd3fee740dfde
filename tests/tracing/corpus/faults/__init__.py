"""The rows: how each pair of functions is called, and what is planted in it."""

from . import elementwise, linear, losses, networks, normalisation, sequences, with_scipy

FILES = (elementwise, linear, losses, normalisation, sequences, networks, with_scipy)
ENTRIES = tuple(entry for file in FILES for entry in file.ENTRIES)
