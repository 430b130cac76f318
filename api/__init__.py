"""The HTTP room: routers, wire types, the table from errors to statuses. It knows HTTP alone.

Input: requests. Output: the domain's documents as JSON, layers as GeoJSON. There is no
authentication yet, so every caller is the public: layers above `public` are not listed, not
served, and withheld in findings.
"""

from api.app import create_app

__all__ = ["create_app"]
