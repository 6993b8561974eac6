"""The command line: arguments, configuration, reports, `--watch`, completion, the demo.

May import every other folder; none imports it but `hatch` and `__main__`.
"""

__all__: list[str] = []
