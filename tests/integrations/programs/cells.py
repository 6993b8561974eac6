"""Executes cells in a kernel of Jupyter, in their order, and prints what each one printed or raised."""

import nbformat
from nbclient import NotebookClient

CELLS = [
    """
from prefactor_core.current import current_instance, set_default_instance
from prefactor_spans import AgentTool
from web_agent import RUN, answer, answer_async, client

def step(name):
    with current_instance().span(AgentTool) as tool:
        tool.start(name=name, arguments={})
        tool.complete(output="sun")
""",
    "answer('with')",
    "await answer_async('async with')",
    """
instance = client.sync.create_agent_instance(**RUN)
instance.start()
set_default_instance(instance)
""",
    "step('of another cell')",
    """
import asyncio
await asyncio.sleep(0)
step('of a cell that awaits')
""",
    """
import threading
thread = threading.Thread(target=step, args=["of a thread"])
thread.start()
thread.join()
""",
    "answer('bad')",
    """
import os, signal, threading
with client.instance(**RUN) as run, run.span(AgentTool) as tool:
    tool.start(name="interrupted", arguments={})
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait()
""",
    """
instance.finish()
set_default_instance(None)
print(client.sync.flush().complete, client.sync.close().complete)
""",
]

notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS])
NotebookClient(notebook, allow_errors=True, timeout=60).execute()
for cell in notebook.cells:
    for output in cell.outputs:
        if output.output_type != "execute_result":
            print(output.get("text", output.get("ename")).strip())
