"""How the delivery thread gives the interpreter away, with invented times."""

from __future__ import annotations

from prefactor_core._delivery.slices import Slices

SLICE = 0.0002
SHORT, LONG = 0.000001, 0.005


class Bench:
    """A program that records, beside a delivery thread that works."""

    def __init__(self) -> None:
        self.now = self.processor = 0.0
        self.handed_over = 0
        self.kept = 0.0  # how long another thread keeps the interpreter when it gets it
        self.sleeps: list[float] = []
        self.slices = Slices(
            lambda: self.handed_over, clock=lambda: self.now, processor=lambda: self.processor, sleep=self.sleep
        )

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds + self.kept

    def work(self, seconds: float, *, records: bool = True) -> list[float]:
        """Work so long in small pieces. Returns the sleeps between them."""
        self.sleeps.clear()
        for _ in range(round(seconds / (SLICE / 4))):
            self.now += SLICE / 4
            self.processor += SLICE / 4
            self.handed_over += records
            self.slices.pause()
        return self.sleeps


def test_there_is_a_sleep_after_each_slice_while_the_program_records() -> None:
    sleeps = Bench().work(10 * SLICE)
    assert set(sleeps) == {SHORT}
    assert 8 <= len(sleeps) <= 10


def test_time_without_work_is_no_part_of_a_slice() -> None:
    bench = Bench()
    for _ in range(3):
        bench.now += 1.0
        assert bench.work(SLICE / 4) == []


def test_slices_are_longer_while_the_program_does_not_record() -> None:
    bench = Bench()
    assert 3 <= len(bench.work(10 * SLICE, records=False)) <= 4
    bench.work(10 * SLICE)
    bench.work(0.05, records=False)
    assert 3 <= len(bench.work(10 * SLICE, records=False)) <= 4


def test_sleeps_are_longer_while_another_thread_keeps_the_interpreter() -> None:
    bench = Bench()
    bench.kept = 0.005
    assert bench.work(10 * SLICE)[1:4] == [LONG] * 3
    bench.kept = 0.0
    assert bench.work(10 * SLICE)[1:4] == [SHORT] * 3


def test_a_program_that_always_computes_does_not_keep_delivery_from_working() -> None:
    bench = Bench()
    bench.kept = 0.005
    bench.work(1.0)
    assert 0.5 < bench.now - 1.0 < 0.7  # it waited for that long
    before = bench.now
    bench.work(1.0)
    assert bench.now - before < 1.2
