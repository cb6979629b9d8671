"""Councils: list and detail."""

from flask import Blueprint

bp = Blueprint("councils", __name__)
