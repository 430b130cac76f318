"""The HTTP room: routers, wire types, the table from errors to statuses. It knows HTTP alone.

Input: requests. Output: the domain's documents as JSON, layers as GeoJSON. The gate finds out who
calls and whether it may (`policy`); every answer is made for the caller's clearance: layers above
it are not listed, not served, and withheld in findings.
"""

from api.app import create_app

__all__ = ["create_app"]
