"""What is wrong with a definition, and what is probably a mistake: one module for each subject.

May import `definitions`, `json_schema` and `documents`.
"""

__all__: list[str] = []
