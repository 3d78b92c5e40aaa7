"""What an interviewer reads and keeps of a graded submission: pages, each complete in one file."""

from interviewer.report.page import page
from interviewer.report.table import table

__all__ = ["page", "table"]
