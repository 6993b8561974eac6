"""What `traced` consists of.

`decorator` is the function itself. `arguments` reads the arguments of a call, `payloads` makes params and results of
them, `plan` puts them together for one function, `call` records one call, and `streams` the steps of a generator or
another iterator.
"""

__all__: list[str] = []
