"""The threads of the client that run code of the program: the queue, `on_error` and other callbacks."""

from __future__ import annotations

import threading

__all__ = ["ClientThread"]


class ClientThread(threading.Thread):
    """A thread of the client, on which code of the program must not wait for the client.

    It is known by its class: the program may give its own threads any name.
    """
