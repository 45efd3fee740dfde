"""All running text of documents, by key, one catalogue per language."""

from .catalogue import CATALOGUES, Words

__all__ = ["CATALOGUES", "Words"]
