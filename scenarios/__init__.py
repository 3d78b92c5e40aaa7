"""Whole systems at work: a campaign from end to end."""

import infra  # noqa: F401 - first, as it tells too old a Python and missing packages
