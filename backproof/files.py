"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import click


def check_target(path: str | Path) -> Path:
    """The file that will be written.  Raises ClickException for a folder, and where the folder is not there."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise click.ClickException(f"{path} is a folder; name a file in it")
    if not target.parent.is_dir():
        raise click.ClickException(f"{path}: there is no folder {Path(path).parent}")
    return target


def write(path: str | Path, content: str | bytes) -> None:
    """Write to a temporary file in the same folder, then put it in the place of `path` in one step."""
    target = check_target(path)
    data = content.encode() if isinstance(content, str) else content
    if target.exists() and not target.is_file():
        target.write_bytes(data)  # a device or a pipe: nothing to replace
        return
    try:
        number, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        try:
            with os.fdopen(number, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
