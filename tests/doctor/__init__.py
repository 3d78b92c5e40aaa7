"""The doctor: is this machine ready for the interview? `python -m tests.doctor`."""
