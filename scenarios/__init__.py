"""Whole systems at work: a campaign from end to end."""
