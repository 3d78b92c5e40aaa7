"""What the watch screen says to people."""

FUNCTIONS = {
    "A": "claim_next_job",
    "B": "create_campaign_jobs",
    "C": "send_email_step",
    "D": "process_job",
}

PASSES, FAILS, ERROR, NOT_STARTED = "●", "✗", "!", "○"
MARKS = {"passed": PASSES, "failed": FAILS, "error": ERROR, "not_run": NOT_STARTED}
LEGEND = f"{NOT_STARTED} not started  {PASSES} passes  {FAILS} fails  {ERROR} error"

KEYS = {
    "a": "all",
    "n": "next failure",
    "f": "full story",
    "h": "hint",
    "r": "rerun",
    "t": "reset a task",
    "q": "quit",
}
KEYS_OF_STORY = {"↑↓": "scroll", "f": "back", "n": "next failure", "h": "hint", "q": "quit"}
KEYS_OF_ALL = {"a": "back", "r": "rerun", "t": "reset a task", "q": "quit"}
KEYS_OF_HINT = {
    "h": "next hint",
    "n": "next failure",
    "f": "full story",
    "esc": "back",
    "q": "quit",
}
KEYS_OF_RESET = {"a b c d": "this task", "esc": "none"}
KEYS_OF_SURE = {"y": "yes", "n": "no"}

JUDGING = "judging"
JUDGED = "judged in {seconds:.1f} s, at {clock}"
POLLING = "polling: {reason}"
UNUSABLE = "The file could not be loaded, so nothing was judged."
NOTHING_JUDGED = "not judged"

NOTHING_STARTED = (
    "Nothing is started yet.",
    "Write one of the four functions in {file} and save: it is judged at once.",
)
ALL_STARTED_PASSES = (
    "Everything that is started passes.",
    "Not started yet: {functions}.",
)
ALL_PASSES = (
    "All 25 checks pass.",
    "What would you do next in production? Tell us what your solution costs, and where it ends.",
)
FIRST_RESULTS = ("The first results come in a moment.",)

NEWLY_GREEN = "newly green"
NEWLY_RED = "newly red"
NO_LONGER_GREEN = "no longer green"
NO_CHANGE = "no change since the last run"

CHECK_PASSES_NOW = "no check fails: nothing to go to"
NO_STORY = "no check fails: there is no story to tell"
NO_HINT_NEEDED = "a hint is for a check that fails: none does"
NO_MORE_HINTS = "{check} has no more than three hints"
HINTS_ARE_OFF = "hints are turned off (HINTS=0)"
HINT = "hint {number} of 3"
MORE_HINTS = "h shows the next hint"

WHICH_TASK = "Which task's function is to be the starter's again?"
SURE = (
    "{function} in {file} becomes the starter's again.",
    "The file as it is now is kept beside it, as solution.{task}.1.py.bak, or the next number.",
    "Is that what you want?",
)

PRINTS = "your prints"
PRINTS_CUT = "your prints, the first 500 characters"
MORE_PRINTS = "{number} more lines: f shows them"
MORE_LINES = "… {number} more: f shows the full story"
TOO_SMALL = "the screen is made for 80 × 24 and more"

PUT_BACK = "task {task} is the starter's again; the old text: {kept}"
NO_EVENTS = "no events of saves come here"
HINTS_ARE_NOT_COUNTED = "Hints are counted in .interview/, which SESSION=0 turns off."

GOODBYE = "make dev starts again where you are."
WATCHING = "Watching {file}. Ctrl-C ends it."
