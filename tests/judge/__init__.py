"""What the checks stand on: worlds to run a solution in, and what is told of a failure."""
