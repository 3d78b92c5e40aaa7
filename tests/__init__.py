"""The judge: a file for each task, a test for each check."""
