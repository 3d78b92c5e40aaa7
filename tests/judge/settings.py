"""How a solution is to be judged: what the processes that judge it are told."""

from dataclasses import dataclass

OWN_CLAIMS = "own:"
"""How the token begins of a run whose jobs were claimed by the solution's own function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`replay` is a token of the one run to do, `None` for all that the check asks for.

    `budget` is how much of each world's budget of runs to use: more than 1 searches longer.
    """

    replay: str | None = None
    seed: int = 0
    budget: float = 1.0
    own_claims: bool = False
    """Whether jobs to work on are claimed by the solution's own function, not by the kit's."""
