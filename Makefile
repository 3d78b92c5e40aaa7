# Every target sets up what it needs, once. For GNU make 3.81 and newer, and any POSIX sh.
# `make` lists the targets that have a double # and a line, and the variables marked `#:`.

PYTHON ?= python3

# Where no bytecode is kept the kit takes a third longer to start, each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help setup doctor dev test hint reset demo scenario clean

run := .venv/bin/python

#: PYTHON=python3.12         setup: with this Python, 3.11 or newer (else python3)
help: ## list what there is
	@awk -F ':.*## ' -v kit='$(wildcard interviewer)' ' \
	    /^ifneq/ && !kit  { exit } \
	    /^[a-z]+:.*## /   { printf "  make %-8s %s\n", $$1, $$2 } \
	    /^#: /            { variables = variables "\n  " substr($$0, 4) } \
	    END               { print "\nVariables, for example:" variables }' Makefile

setup: .venv/.runtime interview.db ## make .venv and interview.db, once
	@echo 'ready'

# With what is there: it tells what is missing, and sets nothing up.
doctor: ## look, the day before, whether this machine is ready
	@$(or $(shell test -x $(run) && echo $(run)),"$(python)") -m tests.doctor

dev: .venv/.runtime ## judge at every save, on a screen
	@$(watch_settings) $(run) -m tests --watch $(if $(SOLUTION),--solution "$(SOLUTION)")

#: HINTS=0 SESSION=0         dev, hint: without hints; without keeping what was judged
watch_settings = HINTS="$(HINTS)" SESSION="$(SESSION)"

#: T=A4                      test: only this check, or this task; hint: for this check
#: REPLAY=w1*1.w2*2.w1*1     test: the one run of the check T that this token tells
test: .venv/.runtime ## judge the four functions
	@$(run) -m tests \
	    $(if $(SOLUTION),--solution "$(SOLUTION)") $(if $(T),--only "$(T)") \
	    $(if $(REPLAY),--replay "$(REPLAY)") $(if $(SEED),--seed "$(SEED)")

hint: .venv/.runtime ## the next of three hints for the check T
	@$(watch_settings) $(run) -m tests --hint "$(or $(T),$(error which one? make hint T=A4))"

#: TASK=A                    reset: this task's function in candidate/solution.py is the starter's
reset: .venv/.runtime ## make interview.db afresh; with TASK=A, that task's function
	@$(if $(TASK),$(run) -m tests --reset "$(TASK)",rm -f interview.db interview.db-* && $(run) setup_db.py)

#: SOLUTION=my/solution.py   dev, test, demo, scenario: with the four functions of this file
#: REAL=1                    demo: in real time (else simulated)
#: CUSTOMERS=50 WORKERS=5    demo: how many of each; scenario: so many workers
#: SEED=7                    test, demo, scenario: other chances
demo: .venv/.runtime ## watch workers run a campaign
	@$(run) -m scenarios.demo \
	    $(if $(REAL),--real) $(if $(SOLUTION),--solution "$(SOLUTION)") \
	    $(if $(CUSTOMERS),--customers "$(CUSTOMERS)") \
	    $(if $(WORKERS),--workers "$(WORKERS)") $(if $(SEED),--seed "$(SEED)")

#: N=1 KNOBS='--latency 2'   scenario: which one, and what to change about it
scenario: .venv/.runtime ## run a system in trouble, and look at its metrics
	@$(run) -m scenarios $(N) \
	    $(if $(SOLUTION),--solution "$(SOLUTION)") $(if $(WORKERS),--workers "$(WORKERS)") \
	    $(if $(SEED),--seed "$(SEED)") $(KNOBS)

clean: ## remove .venv, interview.db and caches, nothing else
	@rm -rf .venv interview.db interview.db-* \
	    .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The kit's own targets. A candidate's copy comes without interviewer/, and without these.
ifneq ($(wildcard interviewer),)
.PHONY: kit report check bench format

#: DIR=../for-ada ZIP=1      kit: in this folder; and packed (else ../candidate-kit)
kit: .venv/.runtime ## a candidate's copy: a new folder and git repository
	@$(run) -m interviewer kit "$(or $(DIR),../candidate-kit)" $(if $(ZIP),--zip)

#: PYTEST_ARGS='-x -k demo'  check: more arguments for pytest
check: .venv/.check ## format, lint, types, import rules, tests; stops at a failure
	$(call step,format)       && $(run) -m ruff format --check
	$(call step,lint)         && $(run) -m ruff check
	$(call step,types)        && $(run) -m mypy
	$(call step,import rules) && $(run) .venv/bin/lint-imports --no-logo
	$(call step,tests)        && $(run) -m pytest $(in_parallel) $(PYTEST_ARGS)

# By files, as the tests of a file share what takes long to make. A test that hangs ends the run: in
# a new process it would hang again.
in_parallel = -n auto --dist loadfile --max-worker-restart 0

step = @printf '\n── %s\n' '$(1)'

report: .venv/.runtime ## grade candidate/solution.py, and write its page: reports/report.html
	@$(run) -m interviewer grade candidate/solution.py --html reports/report.html \
	    || test $$? -eq 1

bench: .venv/.runtime ## measure the ORM beside raw aiosqlite, the judge, and the demo
	@$(run) -m interviewer.bench

format: .venv/.check ## put every file into the one format, and fix what lint can
	@$(run) -m ruff check --fix --quiet --exit-zero
	@$(run) -m ruff format

endif

# -- setting up -------------------------------------------------------------------------------

# The stamps in .venv say what is in it. Without .runtime it is unfinished, and made anew: so
# .runtime goes while pip works, and both go with the Python under it (an upgrade of the system's).
$(shell test -x .venv/bin/python || rm -f .venv/.runtime .venv/.check)

# Where Python is told to keep no bytecode it reads what is there all the same, and starts sooner.
.venv/.runtime: requirements.txt
	@$(if $(wildcard $@),echo 'Updating .venv …',$(call new_venv,$(python)))
	@rm -f $@ && $(pip) -r $<
	@$(run) -m compileall -q infra tests scenarios candidate || true
	$(stamp)

.venv/.check: requirements-check.txt .venv/.runtime
	@echo 'Adding the tools of make check (once, about 10 s) …'
	@$(pip) -r $<
	$(stamp)

interview.db: | .venv/.runtime
	@rm -f interview.db-*
	@$(run) setup_db.py

pip = $(run) -m pip install -qq --disable-pip-version-check --no-input

# A file unzipped in another time zone can be of tomorrow, and would be newer than any stamp.
stamp = @touch $@ && find $< -newer $@ -exec touch {} $@ \;

new_venv = echo 'Setting up .venv with $(1) (once, about 20 s) …'; \
    "$(1)" -m venv --clear .venv || { rm -rf .venv; echo '$(no_luck)' >&2; exit 1; }
no_luck = .venv could not be made with $(1), see above: try another, make setup PYTHON=python3.12

# What a Python says of itself: its version, and whether it is of use. `usable` is True, False for
# one too old, nothing for one that cannot make a .venv (Debian packs ensurepip apart). Both are
# nothing when it does not run.
version = $(call ask,$(1),print("%d.%d.%d" % sys.version_info[:3]))
usable = $(call ask,$(1),print(sys.hexversion >= 0x30b0000 and bool(__import__("ensurepip"))))
ask = $(shell "$(1)" -c 'import sys; $(2)' 2>/dev/null)

# PYTHON, or when nobody chose it and python3 is of no use, the newest that is.
python = $(or $(call if_usable,$(PYTHON)),$(if $(chosen),,$(newest)),$(error $(unusable)))
if_usable = $(if $(filter True,$(call usable,$(1))),$(1))
chosen = $(filter-out file,$(origin PYTHON))
newest = $(firstword $(foreach minor,14 13 12 11,$(call if_usable,python3.$(minor))))

found = $(call version,$(PYTHON))
unusable = $(if $(found),$(if $(call usable,$(PYTHON)),$(too_old),$(no_venv)),$(missing))
too_old = Python 3.11 or newer is needed, $(PYTHON) is $(found): $(advice)
missing = Python 3.11 or newer is needed, there is no $(PYTHON): $(advice)
no_venv = $(PYTHON) cannot make a .venv: try sudo apt install python$(basename $(found))-venv
advice = $(if $(newest),try make setup PYTHON=$(newest),$(install))
install = install one, or say where one is: make setup PYTHON=/path/to/python3.12
