"""What the source code of an agent means, as far as it matters for spans. The code is parsed, and never run.

`modules` finds and parses modules, `scopes` says which names they bind, `evaluation` what an expression may mean, and
`values` what can be meant. `span_types` are those of generated packages.
"""

__all__: list[str] = []
