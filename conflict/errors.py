"""What the overlay engine cannot do.

OverlayError    no method gave a credible intersection of two geometries
"""


class OverlayError(Exception):
    """No method of the fallback chain gave a credible intersection; the text names the pair."""
