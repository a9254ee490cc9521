"""The Celery application: how a hint becomes work.

Prefork only: the thread and solo pools ignore time limits without a word. A message is acknowledged after the run is
stored, but nothing rests on that: a lost message is the sweeper's business, a doubled one finds nothing to claim.
"""

from __future__ import annotations

import os
from typing import Any

# One BLAS thread: the same sums in the same order on every machine. Read by NumPy's first import, so set before it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from celery import Celery, bootsteps
from celery.signals import (
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

from grader.logs import configure_logging
from grader.queue import QUEUE_NAME, broker_config
from grader.settings import Settings
from worker.broker import read_hints_only
from worker.canary import Canary
from worker.supply import Pulse, Supplies, preload

HARD_LIMIT_S = 1800  # far above what a run may take: the sandbox's own limits always fire first


supplies = Supplies()


class WaitForWhatWasHandedOver(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Makes a worker that is told to stop hear its processes out, also about a hint they were given that very moment.

    Celery 5.7 forgets, on its way out, every task whose process has not confirmed it yet, and with the last task it
    stops reading what the processes say. The one that has the hint nevertheless does the work, and then waits 30 s for
    its result to be read before it ends. Without `flush` nothing is forgotten.
    """

    requires = ("celery.worker.components:Pool",)

    def close(self, worker: Any) -> None:
        """Come before anything is stopped."""
        worker.pool.flush = None


def create_app(settings: Settings) -> Celery:
    """Return the application, with every setting that keeps a run from being lost, doubled or stuck."""
    read_hints_only()
    app = Celery("worker", include=["worker.tasks"])
    app.conf.update(
        broker_config(settings.redis_url),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_retry_on_worker_lost=True,  # with max_retries on the task: else a poison message runs for ever
        task_acks_on_failure=True,
        task_acks_on_timeout=True,
        task_soft_time_limit=HARD_LIMIT_S - 60,
        task_time_limit=HARD_LIMIT_S,
        worker_pool="prefork",
        worker_concurrency=settings.workers,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=2000,
        worker_soft_shutdown_timeout=10,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # it finishes; the lease decides what counts
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,  # nobody asks, and whoever reaches the broker could end every worker by it
        task_queues=None,
        task_default_queue=QUEUE_NAME,
    )
    app.steps["worker"].add(WaitForWhatWasHandedOver)
    supplies.settings = settings
    return app


@worker_process_init.connect(weak=False)
def _open_supplies(**_: object) -> None:
    # A connection must not cross a fork: each pool process opens its own.
    supplies.open()


@worker_process_shutdown.connect(weak=False)
def _close_supplies(**_: object) -> None:
    supplies.close()


def _watch_while_alive(settings: Settings) -> None:
    """Prove, while the worker lives, that its runner can be trusted, and tell the database whether it can be used."""
    canary = Canary(settings.resolved_runner_socket(), supplies.gate)
    pulse = Pulse(settings, lambda: canary.why)
    supplies.gate.close()

    @worker_ready.connect(weak=False)
    def _start(**_: object) -> None:
        canary.start()
        pulse.start()

    @worker_shutting_down.connect(weak=False)
    def _let_go(**_: object) -> None:
        supplies.gate.dismiss()

    @worker_shutdown.connect(weak=False)
    def _stop(**_: object) -> None:
        canary.stop()
        pulse.stop()


def run_worker(settings: Settings) -> None:
    """Serve until told to stop."""
    configure_logging(settings.log_level)
    preload()
    _watch_while_alive(settings)
    create_app(settings).worker_main(
        [
            *("worker", "--loglevel", settings.log_level.upper(), "--without-gossip", "--without-mingle"),
            *("--hostname", f"worker-{os.getpid()}@%h"),
        ]
    )
