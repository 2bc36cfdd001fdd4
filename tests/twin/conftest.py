"""What twin's tests share: the templates that ship."""

import pytest

from twin.services.catalogue import load_shipped_templates


@pytest.fixture
def shipped(db: None) -> None:
    """Load the templates that ship with Atrium."""
    load_shipped_templates()
