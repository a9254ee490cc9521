"""How often somebody may ask, counted in the broker so that every web process counts the same."""

from __future__ import annotations

import math
import time
from functools import cache

import structlog
from limits import RateLimitItem, parse

from grader.errors import RateLimited
from grader.extensions import limiter

log = structlog.get_logger(__name__)


@cache
def _item(text: str) -> RateLimitItem:
    return parse(text)


def count(scope: str, limit: str, key: str) -> None:
    """Count one more request of `key`; a counter that cannot be reached lets everybody pass.

    Args:
        scope: what is counted: "submissions", "wrong-token".
        limit: for example "100 per minute".
        key: who is counted.

    Raises:
        RateLimited: there have been too many; it says when to come back.
    """
    item = _item(limit)
    try:
        if limiter.limiter.hit(item, scope, key):
            return
        reset_at = limiter.limiter.get_window_stats(item, scope, key).reset_time
    except Exception as error:  # noqa: BLE001 (whatever the storage raises: uploads matter more than counting them)
        log.warning("rate_limit_unavailable", scope=scope, error=type(error).__name__)
        return
    seconds = max(1, math.ceil(reset_at - time.time()))
    raise RateLimited(
        f"at most {limit} are taken; wait {seconds} s and send it again. No attempt was spent", retry_after_s=seconds
    )
