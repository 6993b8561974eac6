"""Pages that describe the span types to people.

`pages` reads what a compiled package says into pages, which hold plain text. `html_page` and `markdown_pages` render
them; every text is escaped there, and nowhere else.
"""

__all__: list[str] = []
