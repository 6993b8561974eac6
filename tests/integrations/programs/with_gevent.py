"""An agent with gevent; the arguments are what is not patched."""

import sys

from gevent import monkey

monkey.patch_all(**dict.fromkeys(sys.argv[1:], False))

import asyncio  # noqa: E402

from support import new_client, record, started  # noqa: E402


async def main() -> None:
    async with new_client() as client:
        instance = await started(client)
        await record(instance)
        await instance.finish()


asyncio.run(main())
