"""Uses the client for the first time while the clocks stand still, as a test of an agent does."""

import asyncio
import sys
from pathlib import Path

import freezegun

import prefactor_core
from support import new_client, record, started

sys.path.append(str(Path(__file__).parents[2] / "codegen/golden/keywords_and_aliases/expected"))

import golden_keywords_and_aliases as with_times


async def main() -> None:
    async with new_client() as client:
        instance = await started(client)
        await record(instance)
        await instance.finish()


with freezegun.freeze_time("2001-02-03"):
    asyncio.run(main())
    print(prefactor_core.AgentInstance.__name__, with_times.ToolCallParams.__name__)
