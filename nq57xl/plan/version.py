"""The version of a plan: changes exactly when something in the plan changes."""

from __future__ import annotations

from nq57xl.records.codec import content_hash
from nq57xl.records.plan import Plan


def plan_version(plan: Plan) -> str:
    """Content hash of the plan: 12 hex digits."""
    return content_hash(plan)
