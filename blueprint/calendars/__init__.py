"""Which days are working days, by which version of the calendar, and why."""
