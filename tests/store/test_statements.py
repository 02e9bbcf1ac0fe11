"""Look-ups of many keys, and the number that stands for a series and a case."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.store.cells import CASES, case_of, cell, in_series, series_of
from pytest_vtrack.store.statements import LookUp, insert_many

table = sa.Table(
    "t", sa.MetaData(), sa.Column("key", sa.Integer, primary_key=True), sa.Column("side", sa.Integer)
)


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        insert_many(connection, table, [(key, key % 2) for key in range(2000)])
        yield connection
    engine.dispose()


@pytest.mark.parametrize("count", [0, 1, 2, 10, 11, 99, 100, 101, 499, 500, 501, 1700])
def test_every_key_is_looked_up_once(connection, count):
    look_up = LookUp(sa.select(table.c.key), by=table.c.key)
    keys = list(range(1999, 1999 - count, -1))
    assert sorted(key for (key,) in look_up.rows(connection, keys)) == sorted(keys)


def test_parameters_of_the_query_stand_before_the_keys(connection):
    query = sa.select(table.c.key).where(table.c.side == sa.bindparam("side"))
    look_up = LookUp(query, by=table.c.key)
    assert sorted(look_up.rows(connection, [1, 2, 3, 4, 5, 5000], 1)) == [(1,), (3,), (5,)]


@given(series=st.integers(0, 2**31 - 1), case_id=st.integers(0, CASES - 1))
def test_series_and_case_can_be_read_from_their_number(series, case_id):
    place = cell(series, case_id)
    assert (series_of(place), case_of(place, series)) == (series, case_id)
    assert place < 2**63  # what databases hold


@pytest.mark.parametrize(
    ("place", "inside"),
    [(cell(7, 0), True), (cell(7, CASES - 1), True), (cell(8, 0), False), (cell(6, CASES - 1), False)],
)
def test_a_series_is_every_number_of_its_cases(connection, place, inside):
    assert connection.scalar(sa.select(in_series(sa.literal(place), 7))) == inside
