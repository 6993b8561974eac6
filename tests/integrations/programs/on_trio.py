"""An agent on trio."""

import trio

from support import new_client

trio.run(new_client().initialize)
