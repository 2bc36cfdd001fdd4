"""A third-party web app: a small real OAuth client with a server, sessions, state and PKCE."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client

CALLBACK = "/callback"


class ThirdParty(ThreadingHTTPServer):
    """The app: ``/`` greets, ``/connect`` sends people to Atrium, ``/callback`` takes them back.

    ``/api?path=`` shows what Atrium answers to the tokens of this browser's session.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.atrium = ""
        self.client: dict[str, str] = {}
        self.scope = ""
        self.sessions: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        """Return where the app is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def oauth(self, **given: Any) -> OAuth2Client:
        """Return the OAuth library's client."""
        return OAuth2Client(
            self.client["client_id"],
            self.client["client_secret"],
            scope=self.scope,
            redirect_uri=f"{self.url}{CALLBACK}",
            code_challenge_method="S256",
            timeout=30,
            **given,
        )


class Handler(BaseHTTPRequestHandler):
    """Serves one request."""

    server: ThirdParty

    def do_GET(self) -> None:
        """Serve a page; the session is found by its cookie, or begun."""
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("third_party")
        key = cookie.value if cookie and cookie.value in self.server.sessions else token_urlsafe()
        session = self.server.sessions.setdefault(key, {})
        pages = {"/connect": self.connect, CALLBACK: self.callback, "/api": self.api}
        path = urlsplit(self.path).path
        query = {name: texts[0] for name, texts in parse_qs(urlsplit(self.path).query).items()}
        status, place, text = pages.get(path, self.greet)(session, query)
        self.send_response(status)
        self.send_header("Set-Cookie", f"third_party={key}; HttpOnly; SameSite=Lax; Path=/")
        if place:
            self.send_header("Location", place)
        self.end_headers()
        self.wfile.write(text.encode())

    def greet(self, session: dict[str, Any], query: dict[str, str]) -> tuple[int, str, str]:
        """Say whether this browser is connected."""
        return HTTPStatus.OK, "", "connected" if "token" in session else "not connected"

    def connect(self, session: dict[str, Any], query: dict[str, str]) -> tuple[int, str, str]:
        """Send the person to Atrium, with a state and a proof key of this session."""
        session["verifier"] = generate_token(48)
        with self.server.oauth() as client:
            place, session["state"] = client.create_authorization_url(
                f"{self.server.atrium}/oauth/authorize/", code_verifier=session["verifier"]
            )
        return HTTPStatus.FOUND, place, ""

    def callback(self, session: dict[str, Any], query: dict[str, str]) -> tuple[int, str, str]:
        """Take the person back: the state must be this session's, and the code becomes tokens."""
        if query.get("state") != session.pop("state", None):
            return HTTPStatus.BAD_REQUEST, "", "not asked for"
        if "error" in query:
            return HTTPStatus.OK, "", f"refused: {query['error']}"
        with self.server.oauth() as client:
            session["token"] = client.fetch_token(
                f"{self.server.atrium}/oauth/token/",
                authorization_response=f"{self.server.url}{self.path}",
                code_verifier=session.pop("verifier"),
            )
        return HTTPStatus.FOUND, "/", ""

    def api(self, session: dict[str, Any], query: dict[str, str]) -> tuple[int, str, str]:
        """Show what Atrium answers."""
        headers = {"Authorization": f"Bearer {session['token']['access_token']}"}
        answer = httpx.get(f"{self.server.atrium}/api/v1/{query['path']}", headers=headers)
        shown = {"status": answer.status_code, "body": answer.json()}
        return HTTPStatus.OK, "", json.dumps(shown)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def third_party() -> Iterator[ThirdParty]:
    """Run the app on a thread."""
    app = ThirdParty()
    thread = threading.Thread(target=app.serve_forever, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        app.shutdown()
        app.server_close()
        thread.join()
