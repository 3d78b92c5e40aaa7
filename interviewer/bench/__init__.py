"""How fast the kit is: its ORM beside raw aiosqlite, and the demo as a whole process."""
