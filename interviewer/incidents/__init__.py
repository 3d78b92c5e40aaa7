"""Solutions with something to find: what `python -m scenarios N --incident` runs."""
