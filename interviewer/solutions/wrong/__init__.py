"""Wrong solutions: each has one classic mistake in one function, and names the check for it."""
