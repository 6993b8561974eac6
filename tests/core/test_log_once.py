"""A recurring problem is logged once, whichever threads meet it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident

from prefactor_core._log_once import LogOnce


class _SlowKey:
    """A key whose thread waits for the other one when it is looked up a second time."""

    def __init__(self) -> None:
        self._met: set[int] = set()
        self._barrier = Barrier(2, timeout=10)

    def __hash__(self) -> int:
        if get_ident() in self._met:
            self._barrier.wait()
        self._met.add(get_ident())
        return 1


def test_one_of_two_threads_logs() -> None:
    log_once, key, start = LogOnce(), _SlowKey(), Barrier(2, timeout=10)

    def meet(_: int) -> bool:
        start.wait()
        return log_once(key)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(meet, range(2))) == [False, True]
    assert log_once("another")
    assert not log_once("another")


def test_no_more_than_a_thousand_keys_are_kept() -> None:
    log_once = LogOnce()
    assert all(log_once(number) for number in range(1_000))
    assert not log_once(1_000)
    assert not log_once(0)
