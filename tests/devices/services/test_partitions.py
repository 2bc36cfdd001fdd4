"""Months of the time-series tables: made ahead, made on demand, made once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import pytest
from django.db import connection, transaction

from devices.services import partitions
from devices.services.partitions import READINGS, Month, ensure, ensure_ahead

FAR = Month(2001, 12)


@pytest.fixture
def clean(transactional_db: None) -> Iterator[None]:
    partitions.forget_seen()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {partitions.name_of((READINGS, FAR))}")
    partitions.forget_seen()


def exists(month: Month) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [partitions.name_of((READINGS, month))])
        return cursor.fetchone()[0] is not None


def test_december_is_followed_by_january() -> None:
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2026, 1).next() == Month(2026, 2)


@pytest.mark.django_db
def test_three_months_are_made_ahead() -> None:
    ensure_ahead(datetime(2002, 11, 30, 23, tzinfo=UTC))

    months = [Month(2002, 11), Month(2002, 12), Month(2003, 1), Month(2003, 2)]
    assert all(exists(month) for month in months)
    assert not exists(Month(2003, 3))


def test_month_that_was_rolled_back_is_made_again(clean: None) -> None:
    with transaction.atomic():
        ensure([(READINGS, FAR)])
        transaction.set_rollback(True)
    assert not exists(FAR)

    ensure([(READINGS, FAR)])

    assert exists(FAR)


def test_month_is_looked_up_once(clean: None, django_assert_num_queries: object) -> None:
    ensure([(READINGS, FAR)])

    assert partitions.unseen([(READINGS, FAR)]) == set()


def test_callers_at_once_make_a_month_once(clean: None) -> None:
    faults: list[Exception] = []

    def make() -> None:
        try:
            ensure([(READINGS, FAR)])
        except Exception as error:  # noqa: BLE001 (a thread hands its error to the test)
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert exists(FAR)
