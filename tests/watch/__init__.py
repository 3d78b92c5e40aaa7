"""The watch screen: judges the file at every save, and shows what came of it.

Events come in, `update` makes the next state of them, `render` shows it.
"""
