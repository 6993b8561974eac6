"""A LangGraph agent: prefactor-langchain records graph, nodes and model calls, and a node records a typed span.

Usage: python langgraph_agent.py "How is the weather in Oslo?"
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN. The model is scripted: put your own in its place.
"""

import sys

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from prefactor_langchain import PrefactorCallbackHandler, register_langchain_schemas

import prefactor_spans
from prefactor_core import PrefactorCoreConfig, SchemaRegistry, traced
from prefactor_spans import AgentRetrieval, AgentRun

registry = SchemaRegistry()
registry.merge(prefactor_spans.registry)
tool_span_types = register_langchain_schemas(registry)
model = GenericFakeChatModel(messages=iter([AIMessage("Rain in Oslo.")]))


@traced(
    AgentRetrieval,
    params=lambda state: {"query": str(state["messages"][-1].content)},
    result=lambda update: {"documents": [{"content": str(found.content)} for found in update["messages"]]},
)
def search(state: MessagesState) -> MessagesState:
    return {"messages": [SystemMessage("It rains in Oslo.")]}


def answer(state: MessagesState) -> MessagesState:
    return {"messages": [model.invoke(state["messages"])]}


graph = StateGraph(MessagesState)
graph.add_node("search", search)
graph.add_node("answer", answer)
graph.add_edge(START, "search")
graph.add_edge("search", "answer")
graph.add_edge("answer", END)
agent = graph.compile()

with (
    PrefactorCallbackHandler.create_client(PrefactorCoreConfig(schema_registry=registry)) as client,
    client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}) as instance,
    instance.span(AgentRun, payload={"input": sys.argv[1]}),
):
    handler = PrefactorCallbackHandler(instance, tool_span_types)
    question = MessagesState(messages=[HumanMessage(sys.argv[1])])
    result = agent.invoke(question, config={"callbacks": [handler]})
    print(result["messages"][-1].content)
