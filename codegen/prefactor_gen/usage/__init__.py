"""Which span types the source code of an agent uses.

`status` puts the result together. `source_files` finds the files, `source_code` says what the code means, `uses` and
its neighbours look at what concerns spans, and `findings` puts into words what is wrong.
"""

__all__: list[str] = []
