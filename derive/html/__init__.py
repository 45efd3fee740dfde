"""Documents -> one self-contained HTML page that works from disk: no network, light and dark, on paper too."""

from .mathml import mathml
from .page import html_document

__all__ = ["html_document", "mathml"]
