"""Runs the stages in order: which span types are compiled again, in which process, into which files.

Start with `stages`. May import all folders but `command`.
"""

__all__: list[str] = []
