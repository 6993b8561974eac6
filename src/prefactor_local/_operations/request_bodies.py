"""The fields of request bodies. Unknown fields are ignored, as on the Prefactor platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from prefactor_local._protocol.errors import validation_errors
from prefactor_local._protocol.strings import is_storable_text, normalize_timestamp
from prefactor_schema import SchemaError
from prefactor_schema.json_schema import BASE_URI
from prefactor_schema.schema_graph import check_uris

__all__ = [
    "AgentChanges",
    "AgentDetails",
    "AgentVersion",
    "Finish",
    "GeneratePfids",
    "Quality",
    "Register",
    "SchemaVersion",
    "SpanDetails",
    "Start",
    "Terminate",
    "details_of",
    "parse",
    "problems_by_field",
]

_MOST_LEVELS = 200


def _text(value: str) -> str:
    if not is_storable_text(value):
        raise ValueError("must be valid Unicode")
    return value


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    """Checks how deep an object is: pydantic and the JSON encoder cannot write it otherwise. Without recursion."""
    level: list[object] = [value]
    for _ in range(_MOST_LEVELS + 1):
        inside = [each for each in level if isinstance(each, dict | list)]
        if not inside:
            return value
        level = [member for each in inside for member in (each.values() if isinstance(each, dict) else each)]
    raise ValueError(f"must not have more than {_MOST_LEVELS} levels of objects and lists")


def _with_short_uris(value: dict[str, Any]) -> dict[str, Any]:
    """Checks what no later check of a payload could do with the schema in a second."""
    try:
        check_uris(value, BASE_URI)
    except SchemaError as error:
        raise ValueError(f"must be a schema that payloads can be checked against: {error.message}") from None
    return value


Timestamp = Annotated[str, AfterValidator(normalize_timestamp)]
Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[Text, Field(min_length=1)]
JsonObject = dict[str, Any]
BoundedObject = Annotated[JsonObject, AfterValidator(_bounded)]
Schema = Annotated[BoundedObject, AfterValidator(_with_short_uris)]
FinishStatus = Literal["complete", "failed", "cancelled"]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class DataRisk(_Body):
    action_profile: BoundedObject
    params_data_categories: BoundedObject
    result_data_categories: BoundedObject


class SpanTypeSchema(_Body):
    name: Name
    params_schema: Schema
    result_schema: Schema | None = None
    title: Text | None = None
    description: Text | None = None
    template: Text | None = None
    data_risk: DataRisk | None = None


class QualitySchema(_Body):
    name: Name
    schema_: Schema = Field(alias="schema")
    title: Text | None = None
    description: Text | None = None
    template: Text | None = None
    data_risk: DataRisk | None = None


class SchemaVersion(_Body):
    external_identifier: Text | None = None
    span_type_schemas: list[SpanTypeSchema] | None = None
    span_schemas: dict[str, Schema] | None = None
    span_result_schemas: dict[str, Schema] | None = None
    quality_schemas: list[QualitySchema] | None = None

    @model_validator(mode="after")
    def _names_are_unique(self) -> SchemaVersion:
        for entries in (self.span_type_schemas or [], self.quality_schemas or []):
            names = [entry.name for entry in entries]
            if len(names) != len(set(names)):
                raise ValueError("names must be unique")
        return self


class RuntimeEnvironment(_Body):
    agent_sdk: list[Text] | None = None
    prefactor_sdk: list[Text] | None = None
    os: Text | None = None
    runtime: Text | None = None


class AgentVersion(_Body):
    name: Name | None = None
    external_identifier: Text | None = None
    description: Text | None = None
    runtime_environment: RuntimeEnvironment | None = None


class Register(_Body):
    agent_id: Name | None = None
    environment_id: Name | None = None
    id: str | None = None
    external_identifier: Text | None = None
    agent_version: AgentVersion | None = None
    agent_schema_version: SchemaVersion | None = None
    update_current_version: bool | None = None
    purpose: Literal["live", "smoke_test", "eval"] | None = None


class Start(_Body):
    timestamp: Timestamp | None = None


class Finish(_Body):
    status: FinishStatus | None = None
    timestamp: Timestamp | None = None
    result_payload: JsonObject | None = None


class Terminate(_Body):
    reason: Name


class Quality(_Body):
    name: Name
    payload: JsonObject | None  # required: null removes


class SpanDetails(_Body):
    agent_instance_id: Name
    schema_name: Name
    status: Literal["pending", "active", "complete", "failed", "cancelled"]
    payload: JsonObject
    result_payload: JsonObject | None = None
    id: str | None = None
    parent_span_id: str | None = None
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    sensitive_encoding: bool | None = None


class _AgentFields(_Body):
    description: Text | None = None
    owner_person_id: Text | None = None
    risk_profile_id: Text | None = None
    team_id: Text | None = None


class AgentChanges(_AgentFields):
    name: Name | None = None


class AgentDetails(_AgentFields):
    name: Name
    id: str | None = None
    external_identifier: Text | None = None


class GeneratePfids(_Body):
    count: Annotated[int, Field(ge=1, le=1000)] = 1


ModelT = TypeVar("ModelT", bound=_Body)


def parse(model: type[ModelT], body: Mapping[str, Any]) -> ModelT:
    """The body as a model.

    Raises:
        LocalApiError: 422 with all problems by field.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise validation_errors(problems_by_field(error)) from None


def problems_by_field(error: ValidationError) -> dict[str, list[str]]:
    """The problems that pydantic found, by field, in the wording of the API."""
    found: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(str(step) for step in detail["loc"]) or "base"
        found.setdefault(field, []).append(_message(detail["msg"]))
    return found


def details_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The object in `details`.

    Raises:
        LocalApiError: 422: there is no object in `details`.
    """
    details = body.get("details")
    if not isinstance(details, dict):
        raise validation_errors({"details": ["must be an object"]})
    return details


def _message(text: str) -> str:
    return "is required" if text == "Field required" else text.removeprefix("Value error, ")
