"""The rows of the table: what is measured, with which agents, and what the targets are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["AGENTS", "GROUPS", "OURS", "Cell", "Measured", "Row", "Target", "cases"]

OURS = "ours"
AGENTS = {
    "ours": (OURS, "ours"),
    "ours, typed": (OURS, "ours_typed"),
    "ours, as coroutines": (OURS, "documented"),
    "OpenTelemetry": ("opentelemetry", "opentelemetry_otlp"),
    "OpenTelemetry, no network": ("opentelemetry", "opentelemetry_offline"),
    "langfuse": ("langfuse", "langfuse_sdk"),
    "langsmith": ("langsmith", "langsmith_sdk"),
    "prefactor-core": ("prefactor-core", "documented"),
    "pydantic and httpx": (OURS, ""),
}
"""By its name in the table: the environment and the module of an agent."""


@dataclass(frozen=True)
class Measured:
    """One process: an agent, what is measured in it, and the options of the measure."""

    agent: str
    measure: str
    options: tuple[tuple[str, float], ...] = ()

    @property
    def is_ours(self) -> bool:
        return AGENTS[self.agent][0] == OURS


@dataclass(frozen=True)
class Cell:
    """One figure of a process."""

    measured: Measured
    figure: str


@dataclass(frozen=True)
class Target:
    """A limit: `factor` times the median of another cell, plus a number."""

    text: str
    plus: float = 0
    factor: float = 0
    base: Cell | None = None
    at_least: bool = False


@dataclass(frozen=True)
class Row:
    """What the table says about one figure of ours.

    Attributes:
        unit: of all figures of the row.
        others: the same figure of other agents.
        notes: further figures of ours, by what they say.
    """

    title: str
    unit: str
    ours: Cell
    target: Target
    others: tuple[Cell, ...] = ()
    notes: dict[str, Cell] = field(default_factory=dict)

    def cells(self) -> Iterator[Cell]:
        yield self.ours
        yield from self.others
        yield from self.notes.values()
        if self.target.base:
            yield self.target.base


def cases(rows: list[Row]) -> list[Measured]:
    """The processes that the rows need, each once."""
    return list(dict.fromkeys(cell.measured for row in rows for cell in row.cells()))


def _of(agents: tuple[str, ...], measure: str, figure: str, options: Mapping[str, float]) -> tuple[Cell, ...]:
    return tuple(Cell(Measured(agent, measure, tuple(options.items())), figure) for agent in agents)


ALL = ("OpenTelemetry", "OpenTelemetry, no network", "langfuse", "langsmith", "prefactor-core")


def _calls(scale: float) -> Iterator[Row]:
    options = {"spans": int(2000 * scale), "pause": 0.0}
    agents = ("ours", "ours, typed", "ours, as coroutines", *ALL)
    (untyped, typed, coroutines, *p50), p99 = (_of(agents, "calls", figure, options) for figure in ("p50", "p99"))
    for kind, cell, factor, others in (("untyped", untyped, 1.5, [coroutines, *p50]), ("typed", typed, 2.0, [])):
        target = Target(f"≤ {factor:g} × OpenTelemetry", factor=factor, base=p50[0])
        notes = {"CPU of the thread": Cell(cell.measured, "thread")}
        yield Row(f"span in a tight loop, {kind}, p50", "µs", cell, target, tuple(others), notes)
    for kind, cell, rest in (("untyped", p99[0], p99[2:]), ("typed", p99[1], ())):
        yield Row(f"span in a tight loop, {kind}, p99", "µs", cell, Target("≤ 150 µs", 150), rest)


def _halves(scale: float) -> Iterator[Row]:
    options = {"spans": int(500 * scale), "pause": 0.001}
    for figure, factor in (("p50", 2.0), ("p99", 3.0)):
        cells = _of(("ours", *ALL), "calls", figure, options)
        target = Target(f"≤ {factor:g} × OpenTelemetry", factor=factor, base=cells[1])
        yield Row(f"the same with 1 ms between the halves, {figure}", "µs", cells[0], target, cells[1:])


def _processor(scale: float, per_second: int, seconds: float, agents: tuple[str, ...]) -> Row:
    options = {"spans": max(int(per_second * seconds * scale), 1), "per_second": per_second}
    cells = _of(("ours", *agents), "processor", "us", options)
    target = Target("≤ 150 µs", 150) if per_second == 1000 else Target("below langfuse", factor=1, base=cells[1])
    requests = Cell(cells[0].measured, "requests")
    return Row(
        f"CPU of the process per span at {per_second:,} spans/s",
        "µs",
        cells[0],
        target,
        cells[1:],
        {"requests per span": requests},
    )


def _cpu(scale: float) -> Iterator[Row]:
    yield _processor(scale, 1000, 2, ALL)


def _slow_cpu(scale: float) -> Iterator[Row]:
    yield _processor(scale, 100, 3, ("langfuse", "OpenTelemetry"))
    yield _processor(scale, 10, 5, ("langfuse", "OpenTelemetry"))


def _backlog(scale: float) -> Iterator[Row]:
    (cell,) = _of(("ours",), "backlog", "us", {"spans": int(5000 * scale)})
    yield Row(
        "CPU per span in a backlog", "µs", cell, Target("≤ 100 µs", 100), (), {"delivery": Cell(cell.measured, "drain")}
    )


def _lag(scale: float) -> Iterator[Row]:
    for delay in (0, 0.02):
        (cell,) = _of(("ours",), "lag", "lag", {"spans": int(2000 * scale), "delay": delay})
        idle = Cell(cell.measured, "idle")
        yield Row(
            f"event-loop lag p99, {delay * 1000:g} ms server",
            "ms",
            cell,
            Target("≤ idle + 1 ms", 1, 1, idle),
            (),
            {"idle": idle},
        )


def _throughput(scale: float) -> Iterator[Row]:
    for delay, factor, spans in ((0, 6.7, 1000), (0.02, 37, 100)):
        (ours,) = _of(("ours",), "throughput", "rate", {"spans": int(2000 * scale), "delay": delay})
        (other,) = _of(("prefactor-core",), "throughput", "rate", {"spans": int(spans * scale), "delay": delay})
        target = Target(f"≥ {factor:g} × prefactor-core", factor=factor, base=other, at_least=True)
        yield Row(f"spans/s, {delay * 1000:g} ms server", "/s", ours, target, (other,))


def _import(scale: float) -> Iterator[Row]:
    (ours,) = _of(("ours",), "import_client", "ms", {})
    (libraries,) = _of(("pydantic and httpx",), "import_libraries", "ms", {})
    target = Target("≤ 1.1 × pydantic and httpx", factor=1.1, base=libraries)
    yield Row("`import prefactor_core`", "ms", ours, target, (libraries,))
    (first,) = _of(("ours, typed",), "first_span", "ms", {"types": int(1000 * scale)})
    notes = {
        "its import": Cell(first.measured, "import"),
        "start of an instance": Cell(first.measured, "open"),
    }
    title = "first span of a package of 1,000 types, beyond pydantic and httpx"
    yield Row(title, "ms", first, Target("≤ 40 ms", 40), (), notes)


def _registry(scale: float) -> Iterator[Row]:
    types = {"types": int(1000 * scale)}
    (took,) = _of(("ours, typed",), "registry_time", "ms", types)
    notes = {"its schema version": Cell(took.measured, "version")}
    yield Row("a registry of 1,000 types, time", "ms", took, Target("≤ 50 ms", 50), (), notes)
    (memory,) = _of(("ours, typed",), "registry_memory", "mb", types)
    yield Row("a registry of 1,000 types, memory", "MB", memory, Target("≤ 6 MB", 6))


def _latency(scale: float) -> Iterator[Row]:
    for per_second, seconds in ((1, 4.0), (10, 3.0), (100, 2.0), (1000, 2.0)):
        spans = max(int(per_second * seconds * scale), 1)
        (cell,) = _of(("ours",), "latency", "p50", {"spans": spans, "per_second": per_second})
        notes = {"p99": Cell(cell.measured, "p99")}
        yield Row(f"latency to the API at {per_second:,} spans/s", "ms", cell, Target("below 100 ms", 100), notes=notes)


GROUPS = {
    "loop": _calls,
    "halves": _halves,
    "cpu": _cpu,
    "slow-cpu": _slow_cpu,
    "backlog": _backlog,
    "lag": _lag,
    "throughput": _throughput,
    "import": _import,
    "registry": _registry,
    "latency": _latency,
}
"""The rows by the names of the option `--rows`; each takes a scale for the numbers of spans and types."""
