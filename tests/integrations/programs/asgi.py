"""A FastAPI application that does not know of the client's end."""

from fastapi import FastAPI
from my_agent import answer

app = FastAPI()


@app.get("/{event}")
async def run(event: str) -> str:
    return await answer(event)
