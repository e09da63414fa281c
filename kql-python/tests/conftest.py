"""What several tests share."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).resolve().parents[2]
CLEAR_MAILBOX = REPOSITORY / "queries" / "T1070.008-clear-mailbox-data"
NOW = "2026-03-10T12:00:00Z"


@pytest.fixture
def clear_mailbox():
    """The query of T1070.008, and the folder of its data."""
    return (CLEAR_MAILBOX / "query.kql").read_text("utf-8"), CLEAR_MAILBOX / "data"


@pytest.fixture
def repository():
    """The folder of the repository."""
    return REPOSITORY
