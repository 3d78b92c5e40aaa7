"""The kit as it is handed out: a candidate's copy, with nothing in it of what only we know."""
