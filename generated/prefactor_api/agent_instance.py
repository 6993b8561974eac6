# Written by prefactor-gen from schemas/api. Do not edit.

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ActionProfile(BaseModel):
    """What a step is allowed to do in the world."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    create_data: Literal["unknown", "allowed", "disallowed"] = "unknown"
    """Create data."""
    read_data: Literal["unknown", "allowed", "disallowed"] = "unknown"
    """Read data."""
    update_data: Literal["unknown", "allowed", "disallowed"] = "unknown"
    """Change data."""
    destroy_data: Literal["unknown", "allowed", "disallowed"] = "unknown"
    """Delete data."""
    financial_transactions: Literal["unknown", "allowed", "disallowed"] = "unknown"
    """Move money."""
    external_communication: Literal["unknown", "allowed", "disallowed"] = "unknown"
    """Communicate with people or systems outside."""


class DataCategories(BaseModel):
    """Which kinds of data can occur."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    classification: Literal["unknown", "public", "internal", "confidential", "restricted", "secret"] = "unknown"
    """The most confidential class of data that can occur."""
    personal_identifiers: Literal["unknown", "included", "excluded"] = "unknown"
    """Names, identity numbers and other direct identifiers of people."""
    contact_information: Literal["unknown", "included", "excluded"] = "unknown"
    """Addresses, phone numbers, e-mail."""
    financial_information: Literal["unknown", "included", "excluded"] = "unknown"
    """Accounts, payments, income."""
    health_and_medical: Literal["unknown", "included", "excluded"] = "unknown"
    """Health and medical data."""
    criminal_justice: Literal["unknown", "included", "excluded"] = "unknown"
    """Offences and convictions."""
    authentication_and_secrets: Literal["unknown", "included", "excluded"] = "unknown"
    """Passwords, keys, tokens."""
    organisational_confidential: Literal["unknown", "included", "excluded"] = "unknown"
    """Confidential matters of an organisation."""
    minors_data: Literal["unknown", "included", "excluded"] = "unknown"
    """Data on children."""
    location_and_tracking: Literal["unknown", "included", "excluded"] = "unknown"
    """Places and movements of people or devices."""
    behavioural_and_inferred: Literal["unknown", "included", "excluded"] = "unknown"
    """Behaviour, and what is inferred from it."""
    gdpr_racial_or_ethnic_origin: Literal["unknown", "included", "excluded"] = "unknown"
    """GDPR article 9: racial or ethnic origin."""
    gdpr_political_opinions: Literal["unknown", "included", "excluded"] = "unknown"
    """GDPR article 9: political opinions."""
    gdpr_religious_or_philosophical_beliefs: Literal["unknown", "included", "excluded"] = "unknown"
    """GDPR article 9: religious or philosophical beliefs."""
    gdpr_trade_union_membership: Literal["unknown", "included", "excluded"] = "unknown"
    """GDPR article 9: trade union membership."""
    gdpr_genetic_data: Literal["unknown", "included", "excluded"] = "unknown"
    """GDPR article 9: genetic data."""
    gdpr_biometric_for_identification: Literal["unknown", "included", "excluded"] = "unknown"
    """GDPR article 9: biometric data that identifies a person."""
    gdpr_sex_life_or_sexual_orientation: Literal["unknown", "included", "excluded"] = "unknown"
    """GDPR article 9: sex life or sexual orientation."""


class DataRisk(BaseModel):
    """Declared risk of a span type or of a quality schema."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    action_profile: ActionProfile
    params_data_categories: DataCategories
    """Kinds of data in the params."""
    result_data_categories: DataCategories
    """Kinds of data in the result."""


class RuntimeEnvironment(BaseModel):
    """What an agent instance runs on."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    agent_sdk: list[str] | None = None
    """SDKs of the agent, as package@version."""
    prefactor_sdk: list[str] | None = None
    """Prefactor packages, as package@version."""
    os: str | None = None
    runtime: str | None = None
    """Language implementation, as name@version."""


class SpanTypeSchemaForCreate(BaseModel):
    """Definition of a span type."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """Name that spans give as schema_name."""
    title: str | None = None
    """Defaults to the name."""
    description: str | None = None
    params_schema: dict[str, Any]
    """JSON Schema of the params (the payload of a span)."""
    result_schema: dict[str, Any] | None = None
    """JSON Schema of the result; when it is absent, only an empty object fits."""
    template: str | None = None
    """Liquid template of a span's summary; sees params and result."""
    data_risk: DataRisk | None = None


class QualitySchemaForCreate(BaseModel):
    """Definition of a named quality assessment."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """Unique in the schema version."""
    title: str | None = None
    """Defaults to the name."""
    description: str | None = None
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    """JSON Schema of the quality payload."""
    template: str | None = None
    """Liquid template of the summary."""
    data_risk: DataRisk | None = None


class QualitySchemaDetails(BaseModel):
    """A quality schema as the API returns it."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    title: str
    description: str | None = None
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    """JSON Schema of the quality payload."""
    schema_validation: dict[str, Any]
    """The API's judgement of the schema itself."""
    template: str | None = None
    data_risk: DataRisk


class AgentSchemaVersionForRegister(BaseModel):
    """The span types and quality schemas that an agent instance is registered with."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    external_identifier: str | None = None
    """Display name of the version; the content decides which version it is."""
    span_type_schemas: list[SpanTypeSchemaForCreate] | None = None
    """Span types. When given, the two maps are ignored."""
    span_schemas: dict[str, dict[str, Any]] | None = None
    """Older form: JSON Schemas of the params, by span type."""
    span_result_schemas: dict[str, dict[str, Any]] | None = None
    """Older form: JSON Schemas of the result, by span type."""
    quality_schemas: list[QualitySchemaForCreate] | None = None


class AgentVersionForRegister(BaseModel):
    """The release of the agent that runs."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    external_identifier: str | None = None
    """Display name of the release."""
    name: str | None = None
    """Name of the agent."""
    description: str | None = None
    """Description of the agent."""
    runtime_environment: RuntimeEnvironment | None = None


class TimestampRequest(BaseModel):
    """Start an agent instance."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    timestamp: str | None = None
    """ISO 8601; now when it is absent."""
    idempotency_key: str | None = None
    """At most 64 characters; a repetition with the same key has no second effect."""


class AgentInstanceRecordQuality(BaseModel):
    """Set one named quality payload of an agent instance."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """Name of the quality schema."""
    payload: dict[str, Any] | None = None
    """null or absent removes the payload of that name."""


class AgentInstanceSpanCounts(BaseModel):
    """Number of an instance's spans, by state."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    total: int = 0
    """All spans."""
    active: int = 0
    """Started, not finished."""
    complete: int = 0
    """Finished as complete."""
    failed: int = 0
    """Finished as failed."""
    cancelled: int = 0
    """Finished as cancelled."""
    finished: int = 0
    """complete, failed and cancelled together."""


class RegisterAgentInstanceRequest(BaseModel):
    """Register an agent instance."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    agent_version: AgentVersionForRegister
    agent_schema_version: AgentSchemaVersionForRegister
    agent_id: str | None = None
    """Needed with an account token; a deployment token implies it."""
    environment_id: str | None = None
    """Needed with an account token; a deployment token implies it."""
    id: str | None = None
    """PFID in the account's partition; the API makes one when it is absent."""
    idempotency_key: str | None = None
    """At most 64 characters; a repetition with the same key has no second effect."""
    update_current_version: bool | None = None
    """Make this version the current one of the deployment."""
    purpose: Literal["live", "smoke_test", "eval"] | None = None
    external_identifier: str | None = None
    """The caller's own name for the instance, unique in the agent."""


class FinishInstanceRequest(BaseModel):
    """Finish an agent instance."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    status: Literal["complete", "failed", "cancelled"] | None = None
    """complete when it is absent."""
    timestamp: str | None = None
    """ISO 8601; now when it is absent."""
    idempotency_key: str | None = None
    """At most 64 characters; a repetition with the same key has no second effect."""


class AgentInstance(BaseModel):
    """An agent instance: one run of an agent."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["agent_instance"]
    id: str
    """PFID of the instance."""
    account_id: str
    agent_id: str
    agent_version_id: str
    environment_id: str
    agent_deployment_id: str
    status: Literal["pending", "active", "complete", "failed", "cancelled", "terminated"]
    """State of an agent instance or a span. Only the platform sets terminated, and only on instances."""
    inserted_at: datetime
    """Time of registration."""
    updated_at: datetime
    """Time of the last change."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    termination_reason: str | None = None
    """Why the platform ended the run."""
    external_identifier: str | None = None
    """The caller's own name for the instance."""
    purpose: Literal["live", "smoke_test", "eval"] | None = None
    span_counts: AgentInstanceSpanCounts | None = None
    quality_payloads: dict[str, dict[str, Any]] | None = None
    """Recorded quality payloads, by name."""
    quality_summaries: dict[str, str] | None = None
    """Rendered quality templates, by name."""
