import pytest

from server.demo.picture import Picture


@pytest.fixture(scope="session")
def picture() -> Picture:
    """Painted once for all: it takes about two seconds."""
    return Picture()
