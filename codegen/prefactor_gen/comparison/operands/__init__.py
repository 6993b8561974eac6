"""The two sides of a comparison, as definitions: paths, commits, packages, versions at the platform."""

__all__: list[str] = []
