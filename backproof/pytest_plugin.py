"""The pytest plugin: a marker for tests that prove gradients.  It loads nothing until a marked test runs.

@pytest.mark.proof(timeout=60)      seconds for each gradient, for the assertions of backproof.testing inside
pytest -m "not proof"               leaves such tests out
"""

from __future__ import annotations

from typing import Any

MARKER = "proof(timeout=20): a test that proves gradients; timeout in seconds, for each gradient"


def pytest_configure(config: Any) -> None:
    """The marker is known, also under --strict-markers."""
    config.addinivalue_line("markers", MARKER)


def pytest_runtest_setup(item: Any) -> None:
    """The limit that the marker asks for, while the test runs."""
    seconds = _asked(item)
    if seconds is not None:
        from .testing import set_timeout

        set_timeout(seconds)


def pytest_runtest_teardown(item: Any) -> None:
    """The usual limit again."""
    if _asked(item) is not None:
        from .testing import TIMEOUT, set_timeout

        set_timeout(TIMEOUT)


def _asked(item: Any) -> float | None:
    marker = item.get_closest_marker("proof")
    return None if marker is None or "timeout" not in marker.kwargs else float(marker.kwargs["timeout"])
