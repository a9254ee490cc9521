"""The tasks: claim, grade, store."""

from __future__ import annotations

from celery import shared_task

from grader.queue import TASK
from worker.app import supplies
from worker.judging import grade_next


@shared_task(name=TASK, max_retries=2, default_retry_delay=5)
def grade(run_id: str) -> None:
    """Grade the run that is first in the fair order; `run_id` only says that something waits."""
    grade_next(supplies, hint=run_id)
