"""Puts slices of time on lanes, so that each lane can be drawn as bars that nest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from prefactor_local._view.exports.places import Interval

__all__ = ["Slice", "lanes"]


class Slice(NamedTuple):
    """A span of time that is drawn as a bar.

    Attributes:
        parent: the ID of the slice that it is a part of; a slice is drawn below no other one.
    """

    id: str
    parent: str | None
    time: Interval


def lanes(slices: Iterable[Slice]) -> dict[str, int]:
    """The lane of each slice by its ID, from 0, in the order in which they are to be drawn.

    A slice is on the lane of its parent if it lies within it and no other part of the parent is there at the time.
    Otherwise it is on the first lane that is empty from its start on. Slices of a lane never cross.
    """
    drawing = _Drawing()
    for each in sorted(slices, key=lambda each: (each.time.start, -each.time.end)):
        drawing.add(each)
    return drawing.lane_of


@dataclass
class _Drawing:
    """Lanes up to a moment.

    Attributes:
        open: for each lane the slices that have not ended, each within the one before it.
        ends: lanes in use, by the end of the slice at their bottom.
        free: lanes without a slice.
    """

    lane_of: dict[str, int] = field(default_factory=dict)
    open: list[list[Slice]] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    free: list[int] = field(default_factory=list)

    def add(self, new: Slice) -> None:
        lane = self.lane_of.get(new.parent or "")
        if lane is None or not self.is_room_below(new, lane):
            lane = self.empty_lane(new.time.start)
            heappush(self.ends, (new.time.end, lane))
        self.open[lane].append(new)
        self.lane_of[new.id] = lane

    def is_room_below(self, new: Slice, lane: int) -> bool:
        """Whether the parent is the innermost slice of its lane at the time, and the new one ends within it."""
        stack = self.open[lane]
        while stack and stack[-1].id != new.parent and stack[-1].time.end <= new.time.start:
            stack.pop()
        return bool(stack) and stack[-1].id == new.parent and new.time.end <= stack[-1].time.end

    def empty_lane(self, start: int) -> int:
        while self.ends and self.ends[0][0] <= start:
            lane = heappop(self.ends)[1]
            self.open[lane].clear()
            heappush(self.free, lane)
        if self.free:
            return heappop(self.free)
        self.open.append([])
        return len(self.open) - 1
