"""Help requests: submit, take in, complete."""

from flask import Blueprint

bp = Blueprint("help_requests", __name__)
