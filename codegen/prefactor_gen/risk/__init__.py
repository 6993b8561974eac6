"""The data risk that span types declare: a score by a risk profile, and what a project does not allow.

`span_risk` reads what a definition declares, `profile` computes scores, and `gate` compares with what is allowed.
"""

__all__: list[str] = []
