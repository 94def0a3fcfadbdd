"""What all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

# A property fails for what it finds, not for how busy the machine is; CI tries the same examples every time.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings in the environment of whoever runs the tests do not reach them."""
    for variable in [name for name in os.environ if name.startswith("EXCHANGE_")]:
        monkeypatch.delenv(variable)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """SQLAlchemy URL of a real PostgreSQL server (superuser, database `postgres`); it lives as long as the test run."""
    folder = postgres.binaries()
    if folder is None:
        reason = "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with postgres.server(folder) as url:
        yield url


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    """SQLAlchemy URL of an empty PostgreSQL database for one test."""
    with postgres.database(postgresql_url) as url:
        yield url
