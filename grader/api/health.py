"""Whether the service lives, whether it can work, and its figures for Prometheus."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import structlog
from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from grader.api.blueprint import Answer, Operation, describe
from grader.api.schemas import HealthOut, ReadyOut
from grader.db import is_current
from grader.extensions import database
from grader.models import Run, RunStatus, ServiceState, Submission
from grader.queue import Queue

blueprint = Blueprint("health", __name__)

SEEN_WITHIN_S = 60  # a worker silent for longer does not count as ready

log = structlog.get_logger(__name__)


@blueprint.get("/healthz")
@describe(
    Operation(
        summary="Whether the process lives",
        answers={200: Answer("it does", {"application/json": HealthOut})},
        is_public=True,
    )
)
def healthz() -> Response:
    """Answer without asking anybody else."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
@describe(
    Operation(
        summary="Whether database and broker can be reached",
        answers={
            200: Answer("they can", {"application/json": ReadyOut}),
            503: Answer("one cannot", {"application/json": ReadyOut}),
        },
        is_public=True,
    )
)
def readyz() -> tuple[Response, int]:
    """Ask the database and the broker."""
    queue: Queue = current_app.extensions["grader_queue"]
    try:
        said = "ok" if is_current(database.engine) else "not migrated: run `grader db upgrade`"
    except SQLAlchemyError as error:
        log.warning("database_unreachable", error=type(error).__name__)
        said = "cannot be reached"
    broker = "ok" if queue.is_reachable() else "cannot be reached"
    is_ready = said == broker == "ok"
    body = {"status": "ready" if is_ready else "not ready", "database": said, "broker": broker}
    return jsonify(body), 200 if is_ready else 503


@blueprint.get("/metrics")
@describe(
    Operation(
        summary="Figures for Prometheus",
        answers={200: Answer("the text exposition format", {"text/plain": None})},
        is_public=True,
    )
)
def metrics() -> Response:
    """Answer figures read from the database, so that they are the same whichever process is asked."""
    registry = CollectorRegistry()
    registry.register(_Figures(database.engine))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """What the database knows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: registering asks the database nothing."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read the figures."""
        now = dt.datetime.now(dt.UTC)
        with self._engine.connect() as connection:
            statuses = connection.execute(select(Run.status, func.count()).group_by(Run.status))
            counts = {**{str(status): 0 for status in RunStatus}, **dict(iter(statuses))}
            oldest = connection.scalar(select(func.min(Run.queued_at)).where(Run.status == RunStatus.QUEUED))
            handed_in = connection.scalar(select(func.count()).select_from(Submission)) or 0
            states = connection.execute(
                select(ServiceState.state, func.count())
                .where(ServiceState.seen_at > now - dt.timedelta(seconds=SEEN_WITHIN_S))
                .group_by(ServiceState.state)
            )
            workers = {"ready": 0, "paused": 0, **dict(iter(states))}
        runs = GaugeMetricFamily("grader_runs", "Runs by status.", labels=["status"])
        for status, count in counts.items():
            runs.add_metric([status], count)
        yield runs
        waiting = (now - oldest).total_seconds() if oldest is not None else 0.0
        yield GaugeMetricFamily("grader_oldest_queued_seconds", "Age of the run that waits longest.", value=waiting)
        yield CounterMetricFamily("grader_submissions", "Submissions handed in.", value=handed_in)
        ready = GaugeMetricFamily("grader_workers", "Workers heard of in the last minute.", labels=["state"])
        for state, count in workers.items():
            ready.add_metric([state], count)
        yield ready
