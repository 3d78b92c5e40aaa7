"""The one file to edit, `solution.py`, and what makes it shorter to write."""
