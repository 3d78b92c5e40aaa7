"""Takes submissions back: each is judged in a kit as new, and what came of it is a Grading."""
