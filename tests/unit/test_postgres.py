"""The PostgreSQL that the ledger's contract suite runs on."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from tests import postgres


def test_a_test_gets_a_real_and_empty_database(postgresql_database: str) -> None:
    """The database is PostgreSQL itself, can be written, and holds no table yet."""
    engine = create_engine(postgresql_database)
    with engine.begin() as connection:
        version = connection.scalar(text("SHOW server_version_num"))
        tables = connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
        connection.execute(text("CREATE TABLE proof (n integer)"))
        connection.execute(text("INSERT INTO proof VALUES (1)"))
    with engine.connect() as connection:
        proof = connection.scalar(text("SELECT n FROM proof"))
    engine.dispose()

    assert int(version) >= 130000
    assert tables == 0
    assert proof == 1


def test_two_databases_do_not_see_each_other(postgresql_url: str, postgresql_database: str) -> None:
    """What one test writes is not there for the next one."""
    first = create_engine(postgresql_database)
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE proof (n integer)"))
    first.dispose()

    with postgres.database(postgresql_url) as url:
        second = create_engine(url)
        with second.connect() as connection:
            seen = connection.scalar(text("SELECT to_regclass('proof')"))
        second.dispose()

    assert seen is None
