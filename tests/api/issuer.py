"""An issuer of tokens on loopback, with keys that it makes; it can turn them and go away."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

AUDIENCE = "one-blueprint"


class LocalIssuer:
    """Publishes its keys and signs what it is given."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_down = False
        self.keys: dict[str, Key] = {}
        self.turn("first")
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                body = issuer.answer(self.path)
                self.send_response(503 if body is None else 200)
                self.end_headers()
                self.wfile.write(b"" if body is None else json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/city"
        self.says_it_is = self.url

    def turn(self, name: str, kind: str = "RSA") -> None:
        """Sign with a new key from now on."""
        parameters: Any = {"kid": name, "use": "sig"}
        made = (
            RSAKey.generate_key(2048, parameters)
            if kind == "RSA"
            else ECKey.generate_key("P-256", parameters)
        )
        self.keys = {name: made, **self.keys}

    @property
    def key(self) -> Key:
        return next(iter(self.keys.values()))

    def answer(self, path: str) -> Any:
        if self.is_down:
            return None
        if path == "/city/.well-known/openid-configuration":
            return {"issuer": self.says_it_is, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [key.as_dict(private=False) for key in self.keys.values()]}

    def token(self, *, key: Key | None = None, alg: str | None = None, **claims: Any) -> str:
        """A token of somebody, good for five minutes, as far as claims do not say otherwise."""
        key = key or self.key
        now = int(time.time())
        said = {"iss": self.url, "aud": AUDIENCE, "sub": "li.ming", "iat": now, "exp": now + 300}
        said |= claims
        said = {name: value for name, value in said.items() if value is not None}
        alg = alg or ("RS256" if key.key_type == "RSA" else "ES256")
        return jwt.encode({"alg": alg, "kid": key.kid}, said, key, algorithms=[alg])


@contextmanager
def local_issuer() -> Iterator[LocalIssuer]:
    """One that runs."""
    issuer = LocalIssuer()
    thread = Thread(target=issuer.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        issuer.server.server_close()
        thread.join()
