"""From a cold machine to a service that says where it is, and back: the life of one `./run`."""

from __future__ import annotations

import time

import click

from grader.embedded import database
from grader.embedded.supervisor import StartError, StopRequested, Supervisor
from grader.embedded.welcome import welcome
from grader.settings import SettingsError, load_settings


def main() -> int:
    """Run the service; return the exit code: 0 stopped as asked, 1 could not start or keep running, 2 bad settings."""
    begun = time.monotonic()
    try:
        settings = load_settings()
        supervisor = Supervisor(settings)
        supervisor.claim()
    except SettingsError as error:
        return _failed(error, 2)
    except StartError as error:
        return _failed(error, 1)
    try:
        supervisor.start_servers()
        database.prepare(settings, supervisor.url)
        supervisor.start_service()
        logins = database.read_logins(settings.data_dir / "demo.json", supervisor.url)
        can_grade = supervisor.wait_until_ready()
        supervisor.start_sweeper()
        click.echo(welcome(supervisor.url, settings.data_dir, logins, can_grade=can_grade))
        click.echo(f"\nReady after {time.monotonic() - begun:.1f} s. Ctrl-C stops everything.")
        supervisor.serve()
    except StopRequested:
        pass
    except (SettingsError, StartError) as error:
        supervisor.stop()
        return _failed(error, 1)
    finally:
        supervisor.stop()
    click.echo("\nStopped.")
    return 0


def _failed(error: Exception, code: int) -> int:
    click.echo(f"\n{error}", err=True)
    return code
