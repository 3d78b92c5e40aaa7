"""What only interviewers have. Never part of a candidate's copy."""
