"""Files of named arrays with a note in JSON, written whole or not at all: .npz without pickle, or .safetensors.

Written to one temporary file beside it, flushed to the disk, then put in the place of the old file in one step:
whenever the machine or the process stops, the file is the old one or the new one.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from derive import DeriveError

from .datasets.dataset import DataError, MissingExtra
from .datasets.files import plain_arrays

Array = np.ndarray[Any, Any]
NOTE = "about.json"  # the name of the note, as an array of bytes in an .npz file, and as metadata in .safetensors


def write_archive(path: str | Path, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> None:
    """Raises DeriveError for a folder that is not there; MissingExtra for .safetensors without its package."""
    target = Path(os.path.realpath(path))
    if target.is_dir() or not target.parent.is_dir():
        raise DeriveError(f"{path} is a folder; name a file in it" if target.is_dir() else f"no folder {target.parent}")
    kind = _safetensors_bytes if target.suffix == ".safetensors" else _npz_bytes
    _replace(target, kind(arrays, json.dumps(about, allow_nan=False)))


def read_archive(path: str | Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """(arrays, note); the note is empty where a file has none.  Raises DataError for any other file."""
    path = Path(path)
    if not path.is_file():
        raise DataError(f"no file {path}")
    arrays, text = _read_safetensors(path) if path.suffix == ".safetensors" else _read_npz(path)
    try:
        about = json.loads(text) if text else {}
    except ValueError as error:
        raise DataError(f"{path}: its note is not JSON") from error
    if not isinstance(about, dict):
        raise DataError(f"{path}: its note is not an object of JSON")
    return arrays, about


def _npz_bytes(arrays: Mapping[str, Array], text: str) -> bytes:
    stream = io.BytesIO()
    noted: dict[str, Any] = {**arrays, NOTE: np.frombuffer(text.encode(), np.uint8)}
    np.savez(stream, **noted)
    return stream.getvalue()


def _read_npz(path: Path) -> tuple[dict[str, Array], str]:
    arrays = plain_arrays(path.read_bytes(), path)
    note = arrays.pop(NOTE, np.empty(0, np.uint8))
    return arrays, note.tobytes().decode(errors="replace")


def _safetensors_bytes(arrays: Mapping[str, Array], text: str) -> bytes:
    whole = {name: np.ascontiguousarray(x).reshape(np.shape(x)) for name, x in arrays.items()}
    return bytes(_safetensors().numpy.save(whole, metadata={NOTE: text}))


def _read_safetensors(path: Path) -> tuple[dict[str, Array], str]:
    try:
        with _safetensors().safe_open(path, framework="numpy") as archive:
            metadata = archive.metadata() or {}
            return {name: archive.get_tensor(name) for name in archive.keys()}, metadata.get(NOTE, "")  # noqa: SIM118
    except MissingExtra:
        raise
    except Exception as error:  # its own kind of error, which is no class that can be named without it
        raise DataError(f"{path} is not a safetensors file: {error}") from error


def _safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise MissingExtra("a .safetensors file", "safetensors", "safetensors") from error
    return safetensors


def _replace(target: Path, content: bytes) -> None:
    """Always the same temporary name: what a killed process left there is written over by the next."""
    temporary = target.with_name(f".{target.name}.partial")
    with open(temporary, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
