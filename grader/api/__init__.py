"""The JSON interface, `/api/v1`: each view reads the request, calls a service and answers with data."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add the API, its description and the health addresses to the service."""
    # Importing a module registers its views; it also imports `problems` by way of this package, hence not above.
    from grader.api import auth, courses, events, gradebook, submissions  # noqa: F401 (their routes are wanted)
    from grader.api.blueprint import api
    from grader.api.docs import aliases
    from grader.api.health import blueprint as health
    from grader.api.waiting import Slots, Watch
    from grader.extensions import csrf, database

    csrf.exempt(api)  # a bearer token needs none; `auth` asks for one where a cookie speaks
    for blueprint in (api, health, aliases):
        app.register_blueprint(blueprint)
    app.extensions["grader_slots"] = Slots.of(app.config["GRADER_SETTINGS"].web_threads)
    with app.app_context():
        app.extensions["grader_watch"] = Watch(database.engine)
