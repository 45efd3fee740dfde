"""Files that must be exactly what is expected: name, SHA-256, arrays, shapes; and a cache of those downloaded once."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .dataset import DataError, MissingExtra

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Source:
    """What a file must be: its name, its SHA-256, and the shapes of the arrays in it; where it can be had.

    `also` has the SHA-256 of other files that hold the same arrays; a download must have the first of all: `sha256`,
    unless `download` names another.  The one array of an idx file is called "data".
    """

    filename: str
    sha256: str
    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    url: str = ""
    also: tuple[str, ...] = ()

    @property
    def downloaded(self) -> str:
        """The SHA-256 of what stands at `url`."""
        return self.also[0] if self.also else self.sha256


def read(source: Source, folder: str | Path) -> dict[str, Array]:
    """The arrays of folder/filename, if the file is exactly the one that source describes; nothing is unpickled."""
    path = Path(folder)
    path = path if path.name == source.filename and path.is_file() else path / source.filename
    if not path.is_file():
        raise DataError(f"no file {path}\n  name the folder that holds {source.filename}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found not in (source.sha256, *source.also):
        raise DataError(f"{path} is not the expected file\n  SHA-256  {found}\n  expected {source.sha256}")
    arrays = plain_arrays(content, path) if path.suffix == ".npz" else {"data": idx_array(content, path)}
    for name, shape in source.shapes:
        if name not in arrays:
            raise DataError(f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}, but no array {name}")
        if arrays[name].shape != shape:
            raise DataError(f"{path}: {name} has shape {arrays[name].shape}, expected {shape}")
    return arrays


def plain_arrays(content: bytes, path: Path) -> dict[str, Array]:
    """The arrays of an .npz file.  Raises DataError for what would have to be unpickled, and for any other file."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, TypeError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is not an archive of plain arrays, as np.savez writes") from error


def idx_array(content: bytes, path: Path) -> Array:
    """An idx file of bytes, gzipped or not: 0, 0, 8, the number of axes, the sizes (4 bytes each), the numbers."""
    try:
        raw = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is not a gzip file: {error}") from error
    axes = raw[3] if raw[:3] == b"\0\0\x08" and len(raw) > 3 else 0
    start = 4 + 4 * axes
    shape = tuple(int.from_bytes(raw[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes))
    if not axes or len(raw) != start + math.prod(shape):
        raise DataError(f"{path} is not an idx file of bytes")
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def find(source: Source, folder: str | Path | None, cache: str | Path | None = None) -> dict[str, Array]:
    """The arrays of a file in a folder that the user names; without one, from the cache, which is filled once."""
    return read(source, folder) if folder is not None else read(source, fetch(source, cache))


def fetch(source: Source, cache: str | Path | None = None) -> Path:
    """The folder of the cache that holds the file, downloaded and checked if it was not there.

    Raises MissingExtra without pooch, DataError where the download fails or is another file; that is not kept.
    """
    try:
        import pooch
    except ImportError as error:
        what = f"downloading {source.filename} (or name the folder that holds it)"
        raise MissingExtra(what, "pooch", "download") from error
    folder = Path(cache if cache is not None else pooch.os_cache("backproof"))
    try:
        pooch.retrieve(source.url, f"sha256:{source.downloaded}", source.filename, folder)
    except (OSError, ValueError) as error:  # ValueError: another checksum
        raise DataError(
            f"{source.filename} could not be had from {source.url}\n  {str(error).strip()}\n"
            "  name the folder that holds a copy, and nothing is downloaded"
        ) from error
    return folder
