from datetime import UTC, datetime

import pytest

from prefactor_core import DeliveryError, Operation, OperationType, PrefactorTelemetryFailureError
from prefactor_core._delivery.ledger import Ledger, OperationCounts

CREATE, FINISH = OperationType.CREATE_SPAN, OperationType.FINISH_SPAN


def operation(kind: OperationType = CREATE, size: int = 0) -> Operation:
    return Operation(kind, {}, datetime.now(UTC), size=size)


def ledger() -> Ledger:
    """Five creates and a finish: 2 delivered, 1 failed, the rest pending."""
    account = Ledger()
    for kind in (CREATE, CREATE, CREATE, CREATE, CREATE, FINISH):
        account.accept(operation(kind))
    account.deliver(operation())
    account.deliver(operation(FINISH))
    account.fail(operation(), "http_422")
    return account


def test_counts_by_type_and_reason() -> None:
    report = ledger().report(())
    assert (report.accepted, report.delivered, report.failed, report.dropped, report.pending) == (6, 2, 1, 0, 3)
    assert report.by_type[CREATE] == OperationCounts(accepted=5, delivered=1, failed=1, pending=3)
    assert report.by_type[FINISH] == OperationCounts(accepted=1, delivered=1)
    assert set(report.by_type) == {CREATE, FINISH}
    assert report.failures == {(CREATE, "http_422"): 1}
    assert not report.complete


def test_closing_drops_what_is_pending_for_good() -> None:
    account = ledger()
    assert account.close("deadline") == 3
    assert account.close("deadline") == 0
    account.deliver(operation())
    report = account.report(())
    assert (report.delivered, report.dropped, report.pending) == (2, 3, 0)
    assert report.drops == {(CREATE, "deadline"): 3}


def test_a_retracted_operation_was_never_accepted() -> None:
    account = Ledger()
    account.accept(operation())
    account.retract(operation())
    assert account.report(()).by_type == {}


def test_a_report_raises_for_loss_only() -> None:
    account = Ledger()
    account.accept(operation())
    account.report(()).raise_for_loss()
    account.fail(operation(), "http_422")
    cause = DeliveryError("CREATE_SPAN failed: no", operation=operation(), reason="http_422")
    with pytest.raises(PrefactorTelemetryFailureError, match="1 of 1 operations") as caught:
        account.report((cause,)).raise_for_loss()
    assert caught.value.cause is cause
    assert caught.value.operation_type == "CREATE_SPAN"
    assert caught.value.dropped_operations == 1


def test_bytes_are_pending_with_their_operations() -> None:
    account = Ledger()
    first, second, third = (operation(size=size) for size in (1, 10, 100))
    for each in (first, second, third):
        account.accept(each)
    account.deliver(first)
    account.fail(second, "http_422")
    assert (account.pending, account.pending_bytes) == (1, 100)
    account.close("deadline")
    assert (account.pending, account.pending_bytes) == (0, 0)


def test_a_refused_operation_was_accepted_and_dropped() -> None:
    account = Ledger()
    account.refuse(operation(), "queue_full")
    report = account.report(())
    assert (report.accepted, report.dropped, report.pending) == (1, 1, 0)
    assert report.drops == {(CREATE, "queue_full"): 1}


def test_a_report_raises_for_drops_without_a_cause() -> None:
    account = ledger()
    account.close("deadline")
    with pytest.raises(PrefactorTelemetryFailureError) as caught:
        account.report(()).raise_for_loss()
    assert isinstance(caught.value.cause, TimeoutError)


def test_a_report_prints_as_one_line() -> None:
    account = ledger()
    account.drop(operation(), "queue_full")
    account.count_mismatch()
    account.adopt(operation())
    assert str(account.stats()) == (
        "2 of 7 operations delivered, 1 failed (http_422 1), 1 dropped (queue_full 1), 3 pending, "
        "1 adopted from the spool, 1 did not match their schema"
    )
    error = DeliveryError("refused:\nbecause", operation=operation(), reason="http_422")
    assert str(account.report((error,))) == f"{account.stats()}; first error: refused:\\nbecause"
    assert str(Ledger().report(())) == "0 of 0 operations delivered"
    assert repr(account.stats()).startswith("ClientStats(accepted=7")
