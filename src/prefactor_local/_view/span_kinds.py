"""What kind of step a span is, in the words of OpenInference, which Phoenix shows."""

from __future__ import annotations

from prefactor_local._view.shapes import RunExport

__all__ = ["kind_of", "span_kinds"]

# By the last part of the name: `agent:llm`, `langchain:chat_model`.
_NAMES = {
    "AGENT": ("agent", "agent_run", "run", "chat_turn", "turn"),
    "LLM": ("llm", "llm_call", "chat_model", "chat", "completion", "generation", "model"),
    "EMBEDDING": ("embedding", "embeddings"),
    "RERANKER": ("rerank", "reranker"),
    "RETRIEVER": ("retrieval", "retriever"),
    "GUARDRAIL": ("guardrail", "guardrails"),
    "EVALUATOR": ("evaluation", "evaluator"),
    "TOOL": ("tool", "tool_call"),
    "CHAIN": ("chain", "graph", "node", "step", "workflow"),
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names}


def span_kinds(export: RunExport) -> dict[str, str]:
    """The kind of each span type that occurs in the run, by its name.

    A name that says nothing, such as `git:git_status`, which was imported from an MCP server, is a TOOL if no such span
    of the run has spans below it, otherwise a CHAIN.
    """
    parents = {span["parent_id"] for span in export["spans"]}
    with_children = {span["type"] for span in export["spans"] if span["id"] in parents}
    names = sorted({span["type"] for span in export["spans"]})
    return {name: kind_of(name) or ("CHAIN" if name in with_children else "TOOL") for name in names}


def kind_of(name: str) -> str | None:
    """The kind of a span type; None if its name does not say it."""
    return _KINDS.get(name.rpartition(":")[2].lower())
