"""Lists of objects: pages and sorting, as the query of a request asks for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prefactor_local._operations.call import Call
from prefactor_local._protocol.errors import validation_errors
from prefactor_local._state.store import Record

__all__ = ["listing"]

PAGE_SIZE = 100
SORTING_FIELDS = frozenset(
    {
        "email",
        "external_identifier",
        "finished_at",
        "id",
        "last_seen",
        "name",
        "started_at",
        "status",
        "timestamp",
        "title",
    }
)


def listing(records: Sequence[Record], call: Call) -> Record:
    """The answer of a list operation: one page, sorted as the query asks; by default in order of arrival.

    Raises:
        LocalApiError: 422: the query has an unknown page or sorting.
    """
    sorting = _sorting(call.query)
    if sorting is not None:
        field = sorting["field"]
        records = sorted(
            records, key=lambda record: str(record.get(field) or ""), reverse=sorting["direction"] == "desc"
        )
    offset = _number(call.query, "pagination[offset]", 0, 0, None)
    size = _number(call.query, "pagination[page_size]", PAGE_SIZE, 1, PAGE_SIZE)
    page = list(records[offset * size : (offset + 1) * size])
    return {
        "status": "success",
        "summaries": page,
        "pagination": _pagination(len(records), len(page), offset, size),
        "sorting": sorting,
    }


def _pagination(count: int, shown: int, offset: int, size: int) -> Record:
    pages = -(-count // size)
    start = offset * size
    return {
        "item_count": count,
        "item_start": start + 1 if shown else 0,
        "item_end": start + shown,
        "page_count": pages,
        "page_index": offset + 1,
        "page_offset": offset,
        "page_size": size,
        "next_page_offset": offset + 1 if offset + 1 < pages else None,
        "previous_page_offset": offset - 1 if offset else None,
    }


def _sorting(query: Mapping[str, str]) -> dict[str, str] | None:
    if "sorting" in query:  # some SDKs send it, and the live service refuses it
        raise validation_errors({"sorting": ["must be given as sorting[field] and sorting[direction]"]})
    field, direction = query.get("sorting[field]"), query.get("sorting[direction]", "asc")
    if field is None:
        return None
    if field not in SORTING_FIELDS or direction not in {"asc", "desc"}:
        raise validation_errors({"sorting": ["has an unknown field or direction"]})
    return {"field": field, "direction": direction}


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int | None) -> int:
    text = query.get(name)
    if text is None:
        return default
    number = int(text) if re.fullmatch("[0-9]{1,9}", text) else -1
    if number < least or (most is not None and number > most):
        raise validation_errors({name: ["is out of range"]})
    return number
