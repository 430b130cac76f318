"""What the overlay engine cannot do, each naming the object and the remedy in one line.

OverlayError            the root, and: no union or difference of a coverage is credible
├── InvalidDistance     a buffer's distance is negative or not a number
├── UnusablePack        a packed layer cannot be opened
└── ExecutionError      tasks could not be run to their end: workers died, a cluster is out of reach

A pair without a credible intersection is no error: it is a `Failure` among the results, so that
it stops nothing else.
"""


class OverlayError(Exception):
    """No method gave a credible result; the text says what to do and never where it lies."""


class InvalidDistance(OverlayError):
    """A distance is negative or not a finite number; the text names its row."""


class UnusablePack(OverlayError):
    """A packed layer cannot be opened; the text names the file."""


class ExecutionError(OverlayError):
    """Tasks could not be run to their end; the text says why and what to do."""
