"""The user's own data: a folder of pictures, a CSV file, an NPY or NPZ file; how each becomes columns.

    folder/cat/*.png, folder/dog/*.png   one subfolder per class; pixels divided by 255, row by row
    table.csv                            a sample per row, its class in the last column or in the one that is named;
                                         every number minus its mean, over its standard deviation (of those trained on)
    table.npy                            the same, as an array (m, n + 1)
    arrays.npz                           X (m, ...) and y (m,): a sample per row of X
Every fifth sample is kept for the test.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .dataset import DataError, Dataset, MissingExtra
from .files import plain_arrays
from .named import EVERY, prepared
from .preparation import Preparation, standard

Array = np.ndarray[Any, Any]
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
SUFFIXES = (".csv", ".npy", ".npz")


def own_data(
    path: str | Path, label: str | None = None, size: tuple[int, int] | None = None, dtype: DTypeLike = "float64"
) -> Dataset:
    """A data set from a file or folder; `label` names the column of the classes, `size` is (height, width) of pictures.

    Raises DataError for what cannot be read, naming the file and, in a table, row and column.
    """
    path = Path(path)
    if path.is_dir():
        return _pictures(path, size, dtype)
    if not path.is_file():
        raise DataError(f"no file or folder {path}")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{path} is no data that is known\n  expected a folder of pictures, or {', '.join(SUFFIXES)}")
    columns: tuple[str, ...] = ()
    if suffix == ".npz":
        raw, given = _pair(plain_arrays(path.read_bytes(), path), path)
    else:
        raw, given, columns = _labelled(path, label)
    names, labels = _classes(given, path)
    known = raw.reshape(len(raw), -1)
    kept = np.arange(len(known)) % EVERY != EVERY - 1
    scaling = Preparation(255.0, picture=raw.shape[1:]) if raw.dtype == np.uint8 else standard(known[kept])
    return prepared(path.name, known, labels, names, replace(scaling, names=columns), dtype)


def samples_of(path: str | Path, preparation: Preparation) -> Array:
    """Samples without labels, for a trained network: a picture, a CSV or NPY file -> (m, ...), not yet prepared."""
    path = Path(path)
    if not path.is_file():
        raise DataError(f"no file {path}")
    if path.suffix.lower() in PICTURES:
        if not preparation.picture:
            raise DataError(f"{path} is a picture, but the network was trained on numbers")
        return picture(path, preparation.picture)[None]
    if path.suffix.lower() == ".csv":
        return _asked(path, preparation.names)
    if path.suffix.lower() == ".npy":
        array = _array(path)
        return array[None] if array.ndim == 1 or array.shape == preparation.picture else array
    raise DataError(f"{path} cannot be read; expected a picture ({', '.join(PICTURES)}), .csv or .npy")


# --- pictures ---------------------------------------------------------------------------------------------------------


def picture(path: str | Path, shape: tuple[int, ...] | None = None) -> Array:
    """(height, width, colours) of bytes; brought to a shape, if one is given: grey or colour, bilinear.

    Raises MissingExtra without Pillow, DataError for what is no picture.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtra(f"reading {path}", "Pillow", "images") from error
    try:
        with Image.open(path) as found:
            grey = found.mode in ("1", "L") if shape is None else (len(shape) < 3 or shape[2] == 1)
            image = found.convert("L" if grey else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is no picture that can be read") from error
    if shape is not None and image.size != (shape[1], shape[0]):
        image = image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    array = np.asarray(image, np.uint8)
    return array if array.ndim == 3 else array[:, :, None]


def _pictures(folder: Path, size: tuple[int, int] | None, dtype: DTypeLike) -> Dataset:
    """One subfolder per class, in the order of their names."""
    names = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
    if len(names) < 2:
        raise DataError(f"{folder} has {len(names)} subfolders; expected one for each class, at least 2")
    found, labels = [], []
    for k, name in enumerate(names):
        files = sorted(p for p in (folder / name).iterdir() if p.suffix.lower() in PICTURES)
        if not files:
            raise DataError(f"{folder / name} holds no picture ({', '.join(PICTURES)})")
        found += [(p, picture(p)) for p in files]
        labels += [k] * len(files)
    colours = max(array.shape[2] for _, array in found)
    shape = (*(size or found[0][1].shape[:2]), colours)
    for path, array in found:
        if size is None and array.shape[:2] != shape[:2]:
            one, other = (f"{h} x {w}" for h, w in (array.shape[:2], shape[:2]))
            raise DataError(
                f"{path} has {one} pixels, but {found[0][0]} has {other}\n"
                f"  name one size for all, such as size=({shape[0]}, {shape[1]}), --picture-size {shape[0]}x{shape[1]}"
            )
    raw = np.stack([array if array.shape == shape else picture(path, shape) for path, array in found])
    order = np.argsort(np.arange(len(labels)) * 0.6180339887498949 % 1.0)  # classes mixed, the same in every run
    scaling = Preparation(255.0, picture=shape)
    return prepared(folder.name, raw[order], np.array(labels)[order], names, scaling, dtype)


# --- tables -----------------------------------------------------------------------------------------------------------


def _asked(path: Path, names: tuple[str, ...]) -> Array:
    """The numbers of a table without labels; columns with names in the order of `names`, others left out.

    Raises DataError for a header that lacks one of them.
    """
    header, rows = _rows(path)
    advice = "what a network is asked about has no column for the class"
    if header and names:
        if missing := [name for name in names if name not in header]:
            raise DataError(f"{path} has no column {', '.join(missing)}; its columns are {', '.join(header)}\n"
                            f"  the network was trained on {', '.join(names)}")  # fmt: skip
        order = [header.index(name) for name in names]
        rows = [(line, [row[k] for k in order]) for line, row in rows]
        advice = f"columns are counted as the network knows them: {', '.join(names)}"
    return _numbers(rows, path, advice)


def _labelled(path: Path, label: str | None) -> tuple[Array, Array, tuple[str, ...]]:
    """(numbers, labels, names of the columns of numbers) of a table; without a header no names."""
    if path.suffix.lower() == ".npy":
        if label is not None:
            raise DataError(f"{path} has no names of columns; its classes stand in the last column")
        array = _array(path)
        if array.ndim != 2 or array.shape[1] < 2:
            raise DataError(f"{path} has shape {array.shape}; expected (m, n + 1), with the classes in the last column")
        return _finite(array[:, :-1].astype(float), path), array[:, -1], ()
    header, rows = _rows(path)
    if label is not None and label not in header:
        known = f"its columns are {', '.join(header)}" if header else "it has no header"
        raise DataError(f"{path} has no column {label!r}; {known}")
    at = header.index(label) if label is not None else len(rows[0][1]) - 1
    if len(rows[0][1]) < 2:
        raise DataError(f"{path} has one column; expected numbers, and a class in the last column")
    advice = f"the column {label!r}" if label is not None else "the last column"
    advice = f"the class was taken from {advice}; of a file with a header, label (--label) names another"
    numbers = _numbers([(line, [*row[:at], *row[at + 1 :]]) for line, row in rows], path, advice, at)
    names = tuple(header[:at] + header[at + 1 :])
    return numbers, np.array([row[at].strip() for _, row in rows]), names if len(set(names)) == len(names) else ()


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, if the first row has one, and (line, cells) of all other rows; all of the same length."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is no CSV file in UTF-8: {error}") from error
    if not rows:
        raise DataError(f"{path} has no rows")
    for line, row in rows:
        if len(row) != len(rows[0][1]):
            first, there = rows[0]
            other = next((s for s in (";", "\t") if s in ",".join(row) and s in ",".join(there)), "")
            advice = f"\n  columns are separated by commas, not by {other!r}" if other else ""
            raise DataError(f"{path}, line {line}: {len(row)} columns, but line {first} has {len(there)}{advice}")
    header = [cell.strip() for cell in rows[0][1]]
    if not any(_is_number(cell) for cell in header):
        rows = rows[1:]
    else:
        header = []
    if not rows:
        raise DataError(f"{path} has a header, but no rows")
    return header, rows


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(rows: list[tuple[int, list[str]]], path: Path, advice: str, left_out: int | None = None) -> Array:
    """The cells as an array; the column `left_out`, which `rows` lack, counts where a place is named."""
    for line, row in rows:
        for k, cell in enumerate(row):
            if not _is_number(cell):
                column = k + 1 + (left_out is not None and k >= left_out)
                what = f"{cell!r} is not a number\n  {advice}" if cell.strip() else "a number is missing"
                raise DataError(f"{path}, line {line}, column {column}: {what}")
    return _finite(np.array([[float(cell) for cell in row] for _, row in rows]), path)


def _finite(array: Array, path: Path) -> Array:
    if not np.isfinite(array).all():
        row, column = (int(k) for k in np.argwhere(~np.isfinite(array))[0][:2])
        raise DataError(f"{path}, row {row}, column {column} (counted from 0): {array[row, column]} is not finite")
    return array


def _array(path: Path) -> Array:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise DataError(f"{path} is not a file of one plain array") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise DataError(f"{path} is not a file of one array of numbers")
    return array


def _pair(arrays: dict[str, Array], path: Path) -> tuple[Array, Array]:
    if not {"X", "y"} <= arrays.keys():
        raise DataError(f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}; expected X (m, ...) and y (m,)")
    X, y = arrays["X"], arrays["y"]
    y = y.reshape(-1) if y.ndim == 2 and 1 in y.shape else y
    if X.dtype.kind not in "fiub" or X.ndim < 2:
        raise DataError(f"{path}: X has shape {X.shape} and holds {X.dtype}; expected numbers (m, n)")
    if y.ndim != 1 or len(y) != len(X):
        advice = f"\n  X has a sample per row; did you mean X.T, of shape {X.T.shape}?" if len(y) == X.shape[-1] else ""
        raise DataError(f"{path}: X has shape {X.shape}, y {arrays['y'].shape}; expected (m, n) and (m,){advice}")
    return (X, y) if X.dtype == np.uint8 else (_finite(X.astype(float), path), y)


def _classes(given: Array, path: Path) -> tuple[tuple[str, ...], Array]:
    """The names of the classes, sorted, and the number of the class of each sample."""
    if given.dtype.kind == "U" and all(map(_is_number, given)):
        given = given.astype(float)
    if given.dtype.kind == "f":
        if not np.isfinite(given).all() or (given != np.round(given)).any():
            wrong = next(x for x in given if x != np.round(x) or not np.isfinite(x))
            raise DataError(f"{path}: the class {wrong} is not a whole number; is the last column the class?")
        given = given.astype(int)
    names, labels = np.unique(given, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"{path} has one class only: {names[0]}")
    if len(names) > len(given) // 2:
        raise DataError(f"{path} has {len(names)} classes in {len(given)} samples; is the last column the class?")
    return tuple(map(str, names)), labels
