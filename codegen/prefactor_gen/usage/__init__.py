"""Which span types the source code of an agent uses. The code is parsed, and never run or imported.

`status` puts the result together. `source_files` and `modules` find the code, `scopes` and `evaluation` say what a name
in it means, and `uses` looks at what concerns spans.
"""

__all__: list[str] = []
