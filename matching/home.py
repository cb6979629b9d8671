"""The first page, what waits for me, and the navigation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from .accounts.permissions import public

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> str:
    return render_template("home/index.html")


def navigation() -> dict[str, Any]:
    return {"nav": []}
