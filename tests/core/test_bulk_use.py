"""When operations share a bulk request, and how many, with invented times."""

from __future__ import annotations

from prefactor_core._delivery.bulk_use import BulkUse


def limit(bulk: BulkUse, now: float = 0.0) -> int:
    return bulk.batch_limit(now, mints_ids=True).operations


def test_any_success_doubles_the_size() -> None:
    bulk = BulkUse(allowed=True)
    bulk.failed(3)
    assert limit(bulk) == 1
    bulk.grow(0.0)
    assert limit(bulk) == 2
    bulk.succeeded(0.0)
    assert limit(bulk) == 4
    for _ in range(20):
        bulk.grow(0.0)
    assert limit(bulk) == 200


def test_a_missing_endpoint_is_tried_again_after_growing_times_and_reported_once() -> None:
    bulk = BulkUse(allowed=True)
    assert bulk.missing(0.0)
    assert limit(bulk, 59.0) == 1
    assert limit(bulk, 60.0) == 200
    assert not bulk.missing(60.0)
    assert limit(bulk, 179.0) == 1
    assert limit(bulk, 180.0) == 200
    bulk.succeeded(180.0)
    assert bulk.missing(200.0)


def test_two_requests_that_fail_together_suspend_it_once() -> None:
    bulk = BulkUse(allowed=True)
    bulk.missing(0.0)
    bulk.missing(1.0)
    assert limit(bulk, 60.0) == 200


def test_only_repeated_refusals_suspend_it() -> None:
    bulk = BulkUse(allowed=True)
    assert [bulk.refused(0.0) for _ in range(2)] == [False, False]
    bulk.succeeded(0.0)
    assert [bulk.refused(0.0) for _ in range(3)] == [False, False, True]
    assert limit(bulk, 59.0) == 1


def test_a_size_that_was_too_large_is_tried_again_later() -> None:
    bulk = BulkUse(allowed=True)
    bulk.too_large(200, 0.0)
    for _ in range(5):
        bulk.grow(59.0)
    assert limit(bulk, 59.0) == 100
    bulk.grow(60.0)
    assert limit(bulk, 60.0) == 200
