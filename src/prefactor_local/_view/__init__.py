"""The viewer: what was recorded, as pages in the browser, lines in the terminal, and files for other programs.

It only reads. All of it shows what `reading` answers, in the form of `shapes`.
"""

from __future__ import annotations

__all__: list[str] = []
