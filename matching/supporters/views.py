"""協働サポーターの登録: sign-up, confirmation, list."""

from flask import Blueprint

bp = Blueprint("supporters", __name__)
