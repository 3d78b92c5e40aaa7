"""What each task can reach: whose verdict an edit can change."""

import pytest

from tests.watch.reach import reaches

TEXT = '''
"""A solution."""
from candidate.helpers import route
from infra import Job, send_email

BODY = "Hello!"

async def claim_next_job():
    return await _first()

async def create_campaign_jobs(campaign_id, emails):
    return len(emails)

async def send_email_step(job):
    await send_email(job.customer_email, BODY, _key(job))
    return True

async def process_job(job):
    await STEPS[job.current_step](job)

async def _first():
    return None

def _key(job):
    return f"job-{job.id}"

class Analyze:
    async def __call__(self, job):
        return route(None)

class Never:
    pass

STEPS = {"analyze": Analyze(), "send_email": send_email_step}
'''


def affected(before: str, after: str) -> str:
    """Return the tasks that do not reach the same in both."""
    old, new = reaches(before), reaches(after)
    return "".join(task for task in "ABCD" if old[task] != new[task])


# STEPS runs by itself, and holds send_email_step: so that one is within everybody's reach.
@pytest.mark.parametrize(
    ("old", "new", "tasks"),
    [
        ("return await _first()", "return 1", "A"),
        ("return None", "return 1", "A"),
        ("return len(emails)", "return 0", "B"),
        ("await STEPS[job", "STEPS[job", "D"),
        ("return True", "return False", "ABCD"),
        ("job-{job.id}", "mail-{job.id}", "ABCD"),
        ("return route(None)", "return None", "ABCD"),
        ("Hello!", "Hi!", "ABCD"),
        ("import Job,", "import Job, now,", "ABCD"),
        ("class Never:\n    pass", "class Never:\n    x = 1", ""),
        ("class Never:\n", "@register\nclass Never:\n", "ABCD"),
        ("class Never:\n", "class Never(Analyze):\n", "ABCD"),
        ("def _key(job):", "def _key(job, tries=[].append(2)):", "ABCD"),
        ("return None", "return None  # nothing", ""),
        ("async def claim", "\n\nasync def claim", ""),
    ],
)
def test_an_edit_affects_whoever_reaches_it(old: str, new: str, tasks: str) -> None:
    """By name, from the task's function or from what runs when the file is loaded."""
    assert affected(TEXT, TEXT.replace(old, new)) == tasks


def test_sending_is_within_the_reach_of_processing() -> None:
    """Whether process_job can be judged depends on it, called or not."""
    text = "async def send_email_step(job):\n    return True\nasync def process_job(job): pass\n"

    assert affected(text, text.replace("True", "False")) == "CD"


@pytest.mark.parametrize(
    "name", ["globals()", "getattr(Job, name)", "sys.modules", "eval(text)", "open(name).read()"]
)
def test_who_may_mean_anything_is_not_known(name: str) -> None:
    """A function can be meant that is not named, or what is in another file."""
    assert reaches(TEXT + f"def _other():\n    return {name}\n") == {}


def test_what_does_not_parse_reaches_nothing_known() -> None:
    """So that it equals nothing."""
    assert reaches("def f(:") == {}
