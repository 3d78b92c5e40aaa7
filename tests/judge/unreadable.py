"""What nobody can read of the jobs that a solution has written."""

from infra.clock import from_text
from tests.judge.broken import Broken
from tests.judge.stage import Stage

_MOMENTS = ("created_at", "started_at", "completed_at", "scheduled_for", "last_heartbeat")


def unreadable(stage: Stage) -> Broken | None:
    """Return what is wrong with a job's moment, as a number of seconds is; `None` if nothing is."""
    for name in _MOMENTS:
        sql = f"SELECT id, {name} FROM jobs WHERE {name} IS NOT NULL ORDER BY id"
        for number, moment in stage.select(sql).rows:
            try:
                from_text(str(moment))
            except ValueError:
                return Broken(
                    "moments as the database has them: 2030-01-01 09:00:00.000000",
                    f"job {number!r} has {name} {moment!r}",
                    why="A datetime in the parameters of execute_sql is stored in that form.",
                )
    return None
