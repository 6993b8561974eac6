"""Tests of agents: record what an agent does, without an account, a server, a thread or an event loop.

With pytest, take the fixture `recorded`; it is in the plugin `prefactor_pytest`, which is installed with this package.

    with record() as recorded:
        asyncio.run(main())
    assert recorded.one(AgentLlm).params.model == "gpt-4"
"""

from __future__ import annotations

from prefactor_core._findings import FindingKind
from prefactor_core.testing._findings import Finding
from prefactor_core.testing._record import record
from prefactor_core.testing._recorded import Recorded
from prefactor_core.testing._spans import RecordedError, RecordedInstance, RecordedSpan

__all__ = ["Finding", "FindingKind", "Recorded", "RecordedError", "RecordedInstance", "RecordedSpan", "record"]

# A repr and documentation show where a program imports a class from.
_CLASSES: tuple[type, ...] = (Finding, Recorded, RecordedError, RecordedInstance, RecordedSpan)
for _class in _CLASSES:
    _class.__module__ = __name__
