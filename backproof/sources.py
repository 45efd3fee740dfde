"""Claims files as texts; what cannot be one is refused in one line."""

from __future__ import annotations

import sys

import click

LARGEST = 1_000_000  # bytes
STDIN = "<stdin>"


def spoken(path: str) -> str:
    """How a file is called in what is printed: on one line, without anything that a terminal would obey."""
    name = STDIN if path == "-" else path
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def read_source(path: str) -> str:
    """The text of a file, of stdin for "-".  Raises ClickException, its message begins with the name."""
    name = spoken(path)
    try:
        if path == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with open(path, "rb") as stream:
                data = stream.read(LARGEST + 1)
    except IsADirectoryError:
        raise click.ClickException(f"{name} is a folder; name the files in it, such as {name}/*.claims") from None
    except FileNotFoundError:
        raise click.ClickException(f"{name}: there is no such file") from None
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise click.ClickException(f"{name} has more than {LARGEST:,} bytes; is it a claims file?")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        raise click.ClickException(f"{name} is not UTF-8 text: line {line} has the byte 0x{byte:02x}") from None
    if not text.strip("\ufeff \t\r\n"):
        raise click.ClickException(f"{name} is empty")
    return text
