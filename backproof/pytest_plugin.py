"""The pytest plugin: a marker for tests that prove gradients.  It loads nothing until a marked test runs.

@pytest.mark.proof(timeout=60)      seconds for each gradient, for the assertions of backproof.testing inside
pytest -m "not proof"               leaves such tests out
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

MARKER = "proof(timeout=20): a test that proves gradients; timeout in seconds, for each gradient"


def pytest_configure(config: Any) -> None:
    """The marker is known, also under --strict-markers."""
    config.addinivalue_line("markers", MARKER)


def pytest_runtest_protocol(item: Any) -> None:
    """The limit that the marker asks for, while the test runs."""
    marker = item.get_closest_marker("proof")
    if marker is None or "timeout" not in marker.kwargs:
        return
    from .testing import timeout

    stack = ExitStack()
    stack.enter_context(timeout(float(marker.kwargs["timeout"])))
    item.addfinalizer(stack.close)
