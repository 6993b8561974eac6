"""Is the comparison of schemas sound? `python -m tests.benchmarks.comparison`.

Pairs of random schemas, where the second is a changed copy of the first, are compared. The oracle is `jsonschema`: if a
direction is safe, no value may be valid on one side only, and a witness must be. Prints what is safe, what breaks, what
stays unproven, and the time for 1,000 span types. `--pairs` and `--seed` choose the pairs. Exits with 1 if something is
told as safe that is not.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema.protocols import Validator
from jsonschema.validators import Draft7Validator, Draft202012Validator
from tests.benchmarks.instances import instances, mutations
from tests.codegen.test_differential import (
    VALUES,
    keywords,
    keywords_of_draft_07,
    payload_schema,
    payload_schema_of_draft_07,
    unions,
)

from prefactor_gen.comparison.compare import compare
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.comparison.schemas.example_values.examples import NO_VALUE
from prefactor_gen.comparison.verdicts import Verdict, Verdicts, compare_schemas
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.pipeline.resolved_definitions import definitions_of

_SPAN_TYPES = 1_000
_CHANGED = 10


class Form(NamedTuple):
    """A kind of random schemas: the schemas, the payload schema around one, and the oracle."""

    schemas: st.SearchStrategy[Any]
    payload: Callable[[Any], dict[str, Any]]
    validator: type[Validator]


def _schemas(form: Callable[[st.SearchStrategy[Any]], st.SearchStrategy[dict[str, Any]]]) -> st.SearchStrategy[Any]:
    return st.recursive(st.booleans() | form(st.just({})), form, max_leaves=4)


FORMS = {
    "2020-12": Form(_schemas(keywords), payload_schema, Draft202012Validator),
    "unions": Form(unions(), payload_schema, Draft202012Validator),
    "draft-07": Form(_schemas(keywords_of_draft_07), payload_schema_of_draft_07, Draft7Validator),
}


def pairs(form: Form) -> st.SearchStrategy[tuple[Any, Any, list[Any]]]:
    """A payload schema, a changed copy of it, and values of its property."""
    return st.builds(
        lambda one, other, chance, values: (form.payload(one), form.payload(changed(one, other, chance)), values),
        form.schemas,
        form.schemas,
        st.randoms(use_true_random=False),
        st.lists(VALUES, min_size=6, max_size=6),
    )


def changed(schema: Any, other: Any, chance: random.Random) -> Any:
    """The schema with one or two keywords removed, replaced, or taken from another schema."""
    made = copy.deepcopy(schema)
    for _ in range(chance.choice([1, 1, 2])):
        spots = list(_spots(made))
        if not spots:
            return other
        holder, key = chance.choice(spots)
        _change(holder, key, other, chance)
    return made


def _spots(schema: Any) -> Iterator[tuple[Any, Any]]:
    items = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    for key, item in items:
        yield schema, key
        yield from _spots(item)


def _change(holder: Any, key: Any, other: Any, chance: random.Random) -> None:
    value, dice = holder[key], chance.random()
    if isinstance(holder, dict) and dice < 0.3:
        del holder[key]
    elif isinstance(holder, dict) and isinstance(other, dict) and other and dice < 0.7:
        keyword = chance.choice(sorted(other))
        holder[keyword] = copy.deepcopy(other[keyword])
    elif isinstance(value, int) and not isinstance(value, bool):
        holder[key] = value + chance.choice([-1, 1])
    elif isinstance(value, dict | bool):
        holder[key] = copy.deepcopy(other)
    elif isinstance(holder, dict):
        del holder[key]


def unsound(old: Any, new: Any, values: list[Any], validator: type[Validator]) -> tuple[Verdicts | None, list[str]]:
    """The verdicts on a pair of payload schemas, and what jsonschema finds wrong with them; None if one is invalid."""
    for each in (old, new):
        try:
            validator.check_schema(each)
        except Exception:  # not valid, or not a schema that jsonschema can check
            return None, []
    verdicts = compare_schemas(old, new)
    checks = validator(old), validator(new)
    wrong = [f"no witness: {value!r}" for value, way in _witnesses(verdicts) if _differs(checks, value) != way]
    for value in _payloads(old, new, values):
        way = _differs(checks, value)
        if verdicts.narrowing is Verdict.SAFE and way == "narrower":
            wrong.append(f"not safe for writers: {value!r}")
        if verdicts.widening is Verdict.SAFE and way == "wider":
            wrong.append(f"not safe for readers: {value!r}")
    return verdicts, wrong


def _witnesses(verdicts: Verdicts) -> list[tuple[object, str]]:
    both = ((verdicts.was_valid, "narrower"), (verdicts.is_valid, "wider"))
    return [(value, way) for value, way in both if value is not NO_VALUE]


def _payloads(old: Any, new: Any, values: list[Any]) -> Iterator[object]:
    found = [{"value": value} for value in values]
    for schema in (old, new):
        found += [each for each in instances(schema, 4) if isinstance(each, dict) and "value" in each]
    yield from found
    for each in found[:8]:
        yield from ({"value": value} for value in mutations(each["value"], 1))


def _differs(checks: tuple[Validator, Validator], value: Any) -> str:
    try:
        was, now = (check.is_valid(value) for check in checks)
    except (RecursionError, TypeError):  # a reference that leads to itself; additionalItems beside `items: true`
        return ""
    return "" if was == now else "narrower" if was else "wider"


def _compare_pairs(name: str, count: int, number: int) -> bool:
    counts: Counter[str] = Counter()
    found: list[tuple[Any, Any, list[str]]] = []
    form = FORMS[name]

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs(form))
    def run(pair: tuple[Any, Any, list[Any]]) -> None:
        verdicts, wrong = unsound(*pair, form.validator)
        if verdicts is not None:
            counts.update(each.value for each in (verdicts.narrowing, verdicts.widening))
        found.extend([(*pair[:2], wrong)] if wrong else [])

    start = time.perf_counter()
    run()
    total = sum(counts.values()) or 1
    shares = ", ".join(f"{verdict} {counts[verdict] / total:.1%}" for verdict in Verdict)
    print(f"{name}: {total // 2:,} pairs in {time.perf_counter() - start:.0f} s: {shares}; {len(found)} unsound")
    for old, new, wrong in found[:5]:
        print(f"  {old}\n  {new}\n  {wrong}")
    return not found


def many(count: int, changed_ones: int) -> tuple[Definitions, Definitions]:
    """Definitions of many span types, and the same where some have a stricter bound."""
    return _many(count, 0), _many(count, changed_ones)


def _many(count: int, changed_ones: int) -> Definitions:
    text = {"type": "string", "maxLength": 100}
    span_types = []
    for number in range(count):
        properties: dict[str, Any] = {f"p{index}": {**text, "description": f"P {index}."} for index in range(10)}
        properties["amount"] = {"type": "number", "minimum": 1 if number < changed_ones else 0}
        params: Mapping[str, Any] = {"type": "object", "properties": properties, "required": ["p0", "amount"]}
        span_types.append({"name": f"step:{number}", "params_schema": params, "result_schema": params})
    document = Document("spans.json", from_python({"span_type_schemas": span_types}, Place("spans.json")))
    return definitions_of([document], SchemaFiles(Path(), [document])).value


def _compare_many() -> None:
    old, new = many(_SPAN_TYPES, _CHANGED)
    for one, other, what in ((old, new, f"{_CHANGED} changed"), (old, _many(_SPAN_TYPES, _SPAN_TYPES), "all changed")):
        start = time.perf_counter()
        found = compare(one, other, ComparisonOptions(today=date(2026, 11, 28)))
        elapsed = time.perf_counter() - start
        print(f"{_SPAN_TYPES:,} span types, {what}: {len(found):,} changes in {elapsed:.2f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20_000, help="default: 20000")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    _compare_many()
    shares = {"2020-12": 0.5, "unions": 0.25, "draft-07": 0.25}
    sound = [_compare_pairs(name, int(options.pairs * share), options.seed) for name, share in shares.items()]
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
