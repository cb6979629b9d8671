"""The lexicon with the city's changes is put together once for everybody who searches."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from matching.concepts import services
from matching.engine.knowledge import Knowledge

from .factories import a_concept


def test_after_a_change_the_lexicon_is_put_together_once_for_all_who_search(app, session, monkeypatch):
    a_concept("ほたる見守り")
    session.commit()
    made, gate = [], threading.Barrier(8)

    def slowly(*args):
        made.append(Knowledge(*args))
        time.sleep(0.3)
        return made[-1]

    def search(_number):
        with app.app_context():
            gate.wait()
            return services.knowledge()

    monkeypatch.setattr(services, "Knowledge", slowly)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(search, range(8)))
    assert len(made) == 1 and all(one is made[0] for one in found)
