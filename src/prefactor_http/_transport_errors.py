"""What goes wrong on the way to an answer. `Transport` turns these errors into those of the package."""

from __future__ import annotations

__all__ = ["InvalidRequestError", "NoAnswerError"]


class InvalidRequestError(Exception):
    """The request has no form in HTTP, however often it is tried. The text does not quote it."""


class NoAnswerError(Exception):
    """A request gets no answer, or no complete one.

    Args:
        kind: The kind of problem, such as "ReadError".
        problem: What happened.
        lost: There was a connection, and it is lost.
        hung_up: The server closed it in place of an answer.
    """

    def __init__(self, kind: str, problem: object = "", *, lost: bool, hung_up: bool = False) -> None:
        super().__init__(f"{kind}: {problem}" if str(problem) else kind)
        self.lost = lost
        self.hung_up = hung_up
