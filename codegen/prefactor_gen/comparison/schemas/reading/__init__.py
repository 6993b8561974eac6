"""What two schemas say.

`sides` reads both of them, `locations` says what each says of one value, in `groups` of keywords, and `algebra` asks
the engine whether one schema covers another.
"""

__all__: list[str] = []
