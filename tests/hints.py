"""Three hints for each check: the rule again, where to look, and what the technique is called.

Whoever asks for a hint gets the next of the three. None of them is code.
"""

from collections.abc import Mapping

STEPS = 3

HINTS: Mapping[str, tuple[str, str, str]] = {
    "A1": (
        (
            "A claimed job says so in two places, the row and the object you return: it is "
            "processing, it has this worker's id, and the moment it was started."
        ),
        (
            "Compare the object you return with the row as it is after the call. Which of the "
            "three is in one and not in the other?"
        ),
        (
            "The technique is called write-then-read-back: what you return comes from what was "
            "stored."
        ),
    ),
    "A2": (
        (
            "When nothing is available, the answer is None: no error, no empty list, no empty "
            "job, and no waiting for work to come."
        ),
        (
            "Follow your code with an empty table. What does the query give you, and what is the "
            "first thing that you do with it?"
        ),
        "The technique is called early return: the case of nothing is settled first.",
    ),
    "A3": (
        (
            "Available means pending and due. Whatever runs, has ended, or is scheduled for later "
            "is not yours to take or to change."
        ),
        (
            "Look at what your query asks of each row: the status, and the schedule with its two "
            "cases, none at all and a moment that has passed. How do and and or group together?"
        ),
        (
            "The technique is called a guard clause in the query: the database picks, not the "
            "loop after it."
        ),
    ),
    "A4": (
        "However many workers ask at the same moment, a job goes to one of them alone.",
        (
            "Find the place between finding a job and marking it. What may another worker have "
            "done in between, and how would you notice?"
        ),
        (
            "The technique is called compare-and-set: change the row only if it is still as you "
            "saw it, and look at how many rows that changed."
        ),
    ),
    "A5": (
        (
            "None means that there is no work. That somebody else was faster with one job says "
            "nothing about the other jobs."
        ),
        (
            "Look at what happens after a lost race, and at how many jobs you consider before you "
            "give up."
        ),
        (
            "The technique is called a retry loop: after a lost race it starts again by looking, "
            "until there is nothing to see."
        ),
    ),
    "A6": (
        (
            "A worker may die anywhere inside a claim. The reaper makes processing jobs pending "
            "again, and those alone: no job may be left in another state."
        ),
        (
            "Imagine the process ends after each line of your claim. In which state is the row "
            "then, and who brings it back?"
        ),
        (
            "The technique is called an atomic change: all that marks a job happens together, or "
            "not at all."
        ),
    ),
    "A7": (
        "One claim is a few round trips, and touches a few rows, however long the queue is.",
        (
            "How many rows does the database have to look at before it gives you one? How many "
            "does it hand over, and what does it have to sort?"
        ),
        (
            "The technique is called an index scan with a limit: ask for little, in an order that "
            "an index has already. The schema lists the indexes."
        ),
    ),
    "B1": (
        (
            "Each address becomes one pending job of that campaign, at the first step, and the "
            "number you return is how many there are. No addresses, no jobs, and no error."
        ),
        (
            "Try it with none, with one, and with a number that your portions do not divide "
            "evenly. Where does the number that you return come from?"
        ),
        "The technique is called chunking: mind the last, shorter portion and the empty list.",
    ),
    "B2": (
        "Each round trip takes 1.2 ms, so it is their number that counts, not what each does.",
        (
            "Count your round trips for 50,000 addresses. Which of them could have taken more "
            "with them?"
        ),
        (
            "The technique is called a multi-row insert: many rows travel in one statement. Mind "
            "how many parameters a statement can take."
        ),
    ),
    "B3": (
        ("All jobs are there in the end or none is, whether an error or a crash comes in between."),
        (
            "Suppose the process ends between two of your statements. Who takes back what the "
            "first one wrote?"
        ),
        ("The technique is called atomicity by a transaction: one that spans all the statements."),
    ),
    "B4": (
        "An address is stored letter by letter as it was given: quotes, capitals, accents.",
        (
            "Follow one address from the list to the table. Where does it become a part of "
            "another text, and what changes it on the way?"
        ),
        (
            "The technique is called parameter binding: values travel beside the statement, never "
            "inside it."
        ),
    ),
    "C1": (
        (
            "When nothing goes wrong, the customer has one mail, at the job's address, and you "
            "return True."
        ),
        (
            "Compare the order of the arguments with the guide's, see that the call is waited "
            "for, and look at what the function returns at its end."
        ),
        ("The technique is called the happy path: make it right first, then add what goes wrong."),
    ),
    "C2": (
        (
            "A bad address stays bad: the job is failed, with a message, in the database, and no "
            "one tries it again."
        ),
        (
            "Which of your error handlers does this error reach first? Is what it decides stored, "
            "or only in the object?"
        ),
        (
            "The technique is called error classification: permanent ones are told from transient "
            "ones, the special case before the general one."
        ),
    ),
    "C3": (
        (
            "Being told to wait is no failure. The mail goes out later: by this call, or by a "
            "later claim of the job."
        ),
        (
            "After your last try, in which state do you leave the job, and what is stored of it? "
            "What do you return?"
        ),
        (
            "The technique is called retry with backoff; or requeueing, where the job goes back "
            "to the queue with its count of tries raised."
        ),
    ),
    "C4": (
        (
            "After a timeout nobody knows whether the mail went out. Try again in such a way that "
            "it harms nothing if it did."
        ),
        (
            "What tells SendGrid that two calls mean the same mail? Is it the same in each try, "
            "and in the try of another worker?"
        ),
        "The technique is called an idempotency key: asking twice does it once.",
    ),
    "C5": (
        (
            "One mail, one key: the same one in every try, whoever tries, and another for every "
            "other job."
        ),
        (
            "List what your key is made of. Which part changes between two tries? Could two jobs "
            "have all of it in common?"
        ),
        (
            "The technique is called a deterministic key: derived from what the mail is for, not "
            "from when or by whom it is sent."
        ),
    ),
    "C6": (
        (
            "While a transaction is open no service is called: others wait for its lock all the "
            "time."
        ),
        (
            "See which blocks are open when the call is made, also in the functions that call "
            "yours, and on the path that is taken after an error."
        ),
        (
            "The technique is called short transactions: decide, call with nothing open, then "
            "write down what came of it."
        ),
    ),
    "C7": (
        (
            "When SendGrid is down for good your call still comes back. Between tries it waits, "
            "and lets others work meanwhile."
        ),
        (
            "What ends your loop? What does it do between two tries, and does that give way to "
            "other tasks?"
        ),
        (
            "The technique is called bounded retries with exponential backoff: a limit, and "
            "longer and longer waits."
        ),
    ),
    "D1": (
        (
            "Each call does the step that the job is at, and moves it to the next one, pending. "
            "After the last step it is completed, at done."
        ),
        (
            "Write down status and step after each call. Which of the two is not as the guide's "
            "table has it?"
        ),
        (
            "The technique is called a state machine: what comes next is a table, looked up by "
            "the current step."
        ),
    ),
    "D2": (
        (
            "You may be called again with the same job, or with an old copy of it. The job then "
            "moves on by one step at most, and nothing happens twice."
        ),
        (
            "Which do you believe, the object you were given or the row? What if the row is "
            "further on than the object?"
        ),
        (
            "The technique is called a conditional update: advance only from the step that was "
            "done, and only while it is still the row's."
        ),
    ),
    "D3": (
        (
            "Two workers may have the same job in hand. Whatever the order of what they do, the "
            "job moves as if one had it."
        ),
        (
            "Look at the time between reading where the job is and writing where it goes. What if "
            "the other one writes in that time?"
        ),
        (
            "The technique is called optimistic concurrency control: the write says what it "
            "expects, and whoever is late changes nothing."
        ),
    ),
    "D4": (
        (
            "A worker may die between any two operations. The next one finds the row as it was "
            "left, and brings the job to its end."
        ),
        (
            "Imagine the process ends after each of your writes. What does the row say then, and "
            "what would the next worker make of it? Is anything done twice or never?"
        ),
        (
            "The technique is called at-least-once with idempotent steps: what belongs to one "
            "step is written together, after the step's work."
        ),
    ),
    "D5": (
        "A completed or failed job is over: no call, no write, no mail.",
        (
            "What do you look at before you begin? Is it as fresh as it needs to be, when the job "
            "ended after your copy of it was read?"
        ),
        ("The technique is called a terminal state: those are checked first, in what is stored."),
    ),
    "D6": (
        (
            "What could not be done does not count as done: the job stays at its step, and can be "
            "claimed again. No call is made inside a transaction."
        ),
        (
            "Follow an error of each service through your code. Which line is the next to run, "
            "and what does it write? What comes of the answer False of your task C?"
        ),
        (
            "The technique is called act, then advance: the advance comes after the work, and "
            "only if it was done."
        ),
    ),
    "D7": (
        (
            "Twenty workers, crashes and errors together: every job ends, every customer has one "
            "mail."
        ),
        (
            "Look at the other checks of C and D first. If they pass, look for a state in which a "
            "job is left that nobody claims."
        ),
        (
            "The technique is called looking for invariants: which combinations of status, step "
            "and schedule may a row have, and which line makes another one?"
        ),
    ),
}


def hint(check: str, number: int) -> str:
    """Return the hint of that number, from 1 to 3, for a check such as A4."""
    return HINTS[check][number - 1]
