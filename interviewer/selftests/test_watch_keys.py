"""Keys, as terminals send them."""

import pytest

from tests.watch.keys import keys


@pytest.mark.parametrize(
    ("data", "pressed"),
    [
        (b"a", ["a"]),
        (b"Q", ["q"]),
        (b"nf", ["n", "f"]),
        (b"\x1b[A\x1b[B\x1bOA\x1bOB", ["up", "down", "up", "down"]),
        (b"\x1b[5~\x1b[6~ ", ["pageup", "pagedown", "space"]),
        (b"\x1b", ["escape"]),
        (b"\r\n", ["enter", "enter"]),
        (b"\x1b[1;5C\x1b[15~", []),
        ("ärger".encode(), ["r", "g", "e", "r"]),
        (b"\x1b[200~tay\x1b[201~r", ["r"]),
        (b"\x1b[200~tay", []),
        (b"\x00\x7f\xff", []),
    ],
)
def test_keys_are_told_apart(data: bytes, pressed: list[str]) -> None:
    """Letters in either case, arrows, pages; what is pasted, and what nobody knows, is nothing."""
    assert list(keys(data)) == pressed
