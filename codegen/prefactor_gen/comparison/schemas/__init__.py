"""What has changed between two schemas, and in which direction: narrowing, widening, or both.

`reading` says what the two schemas say, `changes` compares them, and `example_values` finds values that show a change.
"""

__all__: list[str] = []
