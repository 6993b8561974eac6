"""An application of Flask."""

from flask import Flask
from web_agent import answer

app = Flask(__name__)
app.get("/<question>")(answer)
