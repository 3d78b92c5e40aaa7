"""Right solutions, as different from each other as candidates are."""
