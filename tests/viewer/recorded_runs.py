"""Runs that the tests of the viewer look at."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from tests.local.conftest import Http

__all__ = ["HOSTILE", "SPAN_TYPES", "hostile_run", "multiply_span", "shop_run"]

HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned';alert(1)</script>",
    "<!--<script>",
    "javascript:alert(1)",
    "&lt;b&gt; ]]> \u202egnp.exe\u0000\u0007\x1b[31m",
    "https://evil.test/a.png",
    "![x](https://evil.test/x.png)",
    "url(https://evil.test/y.png)",
    "__proto__",
    "\u2028 \U0001f4a9 \u00ad",
]
SPAN_TYPES = [
    {
        "name": "shop:order",
        "title": "Order",
        "description": "Takes one order.",
        "params_schema": {
            "type": "object",
            "properties": {
                "number": {"type": "integer", "title": "Order number", "description": "As printed on the bill."},
                "card": {"type": "string", "title": "Card", "x-prefactor-redact": True},
                "mail": {"type": "string", "title": "Address", "x-prefactor-data": ["contact_information"]},
            },
        },
        "result_schema": {"type": "object", "properties": {"note": {"type": "string", "title": "Note"}}},
        "template": "order {{ number }}",
    },
    {"name": "shop:step", "title": "Step", "params_schema": {"type": "object"}, "result_schema": {"type": "object"},
     "template": "step {{ name }}"},
]  # fmt: skip


def _started(http: Http, **version: Any) -> str:
    return http.started(
        agent_id=version.get("name", "shop"),
        agent_version={"name": "Shop", "external_identifier": "v1", **version},
        agent_schema_version={"external_identifier": "s1", "span_type_schemas": SPAN_TYPES},
    )


def shop_run(http: Http, *, note: str = "Paid.\nSent.", steps: int = 3, finish: bool = True, **version: Any) -> str:
    """An order with some steps, of which the second failed, and a number that does not match its schema."""
    run_id = _started(http, **version)
    payload = {"number": "12a", "card": "[redacted]", "mail": "ann@example.org", "other": [1, {"deep": None}]}
    order = http.span(run_id, schema_name="shop:order", payload=payload)["details"]["id"]
    for number in range(1, steps + 1):
        step = http.span(run_id, schema_name="shop:step", payload={"name": str(number)}, parent_span_id=order)
        error = {"result_payload": {"error": {"type": "ValueError", "message": "No such step."}}, "status": "failed"}
        http.finish_span(step["details"]["id"], **(error if number == 2 else {"result_payload": {"ok": number}}))
    http.finish_span(order, result_payload={"note": note})
    if finish:
        http.post(f"/agent_instance/{run_id}/finish", {"status": "complete"})
    return run_id


def hostile_run(http: Http) -> str:
    """A run whose names and payloads are attacks."""
    types = [
        {"name": f"t{number}", "title": text, "description": text, "params_schema": {
            "type": "object", "properties": {text: {"title": text, "description": text, "type": "integer"}}}}
        for number, text in enumerate(HOSTILE)
    ]  # fmt: skip
    run_id = http.started(
        agent_id="hostile",
        agent_version={"name": HOSTILE[0], "external_identifier": HOSTILE[1]},
        agent_schema_version={"external_identifier": HOSTILE[2], "span_type_schemas": types},
    )
    for number, text in enumerate(HOSTILE):
        payload = {text: text, "list": [text, {"role": text, "content": text}], "src": text, "href": text}
        span = http.span(run_id, schema_name=f"t{number}", payload=payload)
        error = {"type": text, "message": text}
        http.finish_span(span["details"]["id"], status="failed", result_payload={"error": error, "html": text})
    return run_id


def multiply_span(database: Path, count: int) -> None:
    """Copies the only span of a database, which no server uses, as its children."""
    connection = sqlite3.connect(database)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(agent_span)")]
    others = {"seq": "seq + n", "id": "id || n", "parent_span_id": "id", "change": "change + n"}
    values = ", ".join(others.get(name, name) for name in columns)
    with connection:
        connection.execute(
            "WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < ?) "  # noqa: S608
            f"INSERT INTO agent_span ({', '.join(columns)}) SELECT {values} FROM agent_span, number",
            (count - 1,),
        )
    connection.close()
