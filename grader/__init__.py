"""The web service: models, policies, services, pages and API. Importing the package imports none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from grader.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the wired service; without settings, those of the environment.

    Raises:
        SettingsError: a setting cannot be used.
    """
    # The worker imports this package too and has no use for Flask.
    from grader import api, web
    from grader.application import Application, connect, install_extensions
    from grader.settings import load_settings

    settings = settings or load_settings()
    app = Application(settings)
    connect(app, settings)
    install_extensions(app, settings)
    web.register(app)
    api.register(app)
    return app
