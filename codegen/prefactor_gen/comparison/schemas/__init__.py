"""What has changed between two schemas, and in which direction: narrowing, widening, or both.

`sides` reads the two schemas, `locations` says what they say of one value, in `groups` of keywords, `algebra` asks the
engine whether one schema covers another, `walk` asks it for each place, and `witnesses` finds values that show it.
"""

__all__: list[str] = []
