"""Values that show a change: `witnesses` finds those that one schema takes and the other one refuses."""

__all__: list[str] = []
