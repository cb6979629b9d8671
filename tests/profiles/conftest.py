"""A database with every table and nothing of the web around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel

from matching import models as _tables  # noqa: F401  (create_all needs every table to be known)
from matching.database import db
from matching.registry.models import Person


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Flask]:
    app = Flask("profiles-under-test")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'profiles.sqlite'}"
    db.init_app(app)
    Babel(app, default_locale="ja")
    with app.app_context():
        db.create_all()
        db.session.add_all(Person(name=f"人{i}", name_key=f"人{i}") for i in range(1, 31))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()
