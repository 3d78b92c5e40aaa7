"""The statements of models and query sets. Each is written once for its shape, then kept."""

from functools import lru_cache

from infra.database.sql import Statement

Words = tuple[str, ...]


@lru_cache(maxsize=1024)
def selection(
    table: str, what: str, conditions: Words, ordering: Words, limit: int | None
) -> Statement:
    """Return a SELECT."""
    order = f" ORDER BY {', '.join(ordering)}" if ordering else ""
    end = "" if limit is None else f" LIMIT {limit}"
    return Statement(f"SELECT {what} FROM {table}{_where(conditions)}{order}{end}", reads=True)


@lru_cache(maxsize=1024)
def insertion(table: str, names: Words) -> Statement:
    """Return an INSERT of one row, which returns it."""
    places = ", ".join("?" * len(names))
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}) RETURNING *"
    return Statement(sql, reads=False)


@lru_cache(maxsize=1024)
def change(table: str, names: Words, conditions: Words) -> Statement:
    """Return an UPDATE of these columns; their values come before those of the conditions."""
    assignments = ", ".join(f"{name} = ?" for name in names)
    return Statement(f"UPDATE {table} SET {assignments}{_where(conditions)}", reads=False)


@lru_cache(maxsize=1024)
def deletion(table: str, conditions: Words) -> Statement:
    """Return a DELETE."""
    return Statement(f"DELETE FROM {table}{_where(conditions)}", reads=False)


def _where(conditions: Words) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
