"""A client library that knows nothing of Atrium completes every grant against a real server."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from accounts.choices import GrantType
from accounts.models import Application, User
from tests.accounts.oauth import devices, flows
from tests.factories import CLIENT_SECRET, REDIRECT_URI

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/me/"


class World:
    """A server on a port, what it says of itself, and a client of it."""

    def __init__(self, url: str, application: Application) -> None:
        self.url, self.application = url, application
        self._open: list[OAuth2Session] = []
        self.session = self.client()
        documents = ("openid-configuration", "oauth-authorization-server")
        first, second = (self.get(f"{url}/.well-known/{name}") for name in documents)
        assert first == second
        self.metadata = first

    def client(self, **options: Any) -> OAuth2Session:
        """Return the library's client, which sends its secret in the header if not told else."""
        given = {"client_secret": CLIENT_SECRET, **options}
        client = OAuth2Session(
            self.application.client_id,
            redirect_uri=REDIRECT_URI,
            code_challenge_method="S256",
            **given,
        )
        self._open.append(client)
        return client

    def close(self) -> None:
        """End every client: a connection that is kept holds one of the server's to the database."""
        for client in self._open:
            client.close()

    def get(self, url: str) -> Any:
        """Return a document that needs no token."""
        return self.session.get(url, withhold_token=True).json()

    def log_in(self, user: User, client: OAuth2Session, *, nonce: str = "n") -> dict[str, Any]:
        """Send the user to the server and back, and return the tokens."""
        verifier = flows.VERIFIER
        url, state = client.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        parts = urlsplit(url)
        answer = flows.approve_at(flows.browser_of(user), f"{parts.path}?{parts.query}")
        tokens = client.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=answer["Location"],
            state=state,
            code_verifier=verifier,
        )
        return dict(tokens)

    def claims_of(self, id_token: str, **expected: str) -> dict[str, Any]:
        """Return the claims of an ID token, verified by the published keys."""
        keys = KeySet.import_key_set(self.get(self.metadata["jwks_uri"]))
        token = jwt.decode(id_token, keys, algorithms=["RS256"])
        wanted: Any = {
            name: {"essential": True, "value": value} for name, value in expected.items()
        }
        jwt.JWTClaimsRegistry(exp={"essential": True}, **wanted).validate(token.claims)
        return dict(token.claims)


@pytest.fixture
def world(
    live_server: Any, meter_app: Application, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    settings.PUBLIC_URL = live_server.url
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    made = World(live_server.url, meter_app)
    yield made
    made.close()


def test_code_with_openid(world: World, dora: User) -> None:
    client = world.client(scope="openid profile")

    tokens = world.log_in(dora, client, nonce="n-0S6")

    claims = world.claims_of(tokens["id_token"], iss=world.url, aud="meter-app", nonce="n-0S6")
    userinfo = client.get(world.metadata["userinfo_endpoint"]).json()
    assert claims["sub"] == userinfo["sub"] == str(dora.pk)
    assert userinfo["email"] == "dora@example.org"
    assert client.get(f"{world.url}{API}").status_code == 200


def test_refresh_and_its_reuse(world: World, dora: User, settings: Any) -> None:
    settings.REFRESH_TOKEN_GRACE_S = 0
    client, endpoint = world.client(scope="profile"), world.metadata["token_endpoint"]
    old = world.log_in(dora, client)

    new = client.refresh_token(endpoint, refresh_token=old["refresh_token"])

    assert new["access_token"] != old["access_token"]
    assert client.get(f"{world.url}{API}").status_code == 200
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh_token(endpoint, refresh_token=old["refresh_token"])
    client.token = new
    assert client.get(f"{world.url}{API}").status_code == 401


def test_client_credentials(world: World) -> None:
    client = world.client(scope="sites:read")

    token = client.fetch_token(world.metadata["token_endpoint"], grant_type="client_credentials")

    assert token["scope"] == "sites:read"
    assert client.get(f"{world.url}/api/v1/sites/").status_code == 200


def test_device_code(world: World, dora: User) -> None:
    client, endpoint = world.client(), world.metadata["token_endpoint"]
    asked = client.post(
        world.metadata["device_authorization_endpoint"],
        data={"client_id": "meter-app", "scope": "openid profile"},
        auth=("meter-app", CLIENT_SECRET),
        withhold_token=True,
    ).json()
    poll = {"grant_type": GrantType.DEVICE_CODE.value, "device_code": asked["device_code"]}
    with pytest.raises(OAuthError, match="authorization_pending"):
        client.fetch_token(endpoint, **poll)
    with pytest.raises(OAuthError, match="slow_down"):
        client.fetch_token(endpoint, **poll)

    assert devices.decide(dora, asked).status_code == 200
    tokens = client.fetch_token(endpoint, **poll)

    world.claims_of(tokens["id_token"], iss=world.url, aud="meter-app", sub=str(dora.pk))
    assert client.get(f"{world.url}{API}").status_code == 200


def test_introspect_and_revoke(world: World, dora: User) -> None:
    client = world.client(scope="profile")
    tokens = world.log_in(dora, client)
    about = {"url": world.metadata["introspection_endpoint"], "token": tokens["access_token"]}

    assert client.introspect_token(**about).json()["sub"] == str(dora.pk)
    revoked = client.revoke_token(
        world.metadata["revocation_endpoint"], token=tokens["refresh_token"]
    )

    assert revoked.status_code == 200
    assert client.introspect_token(**about).json() == {"active": False}
    assert client.get(f"{world.url}{API}").status_code == 401


def test_public_client_without_a_secret(world: World, dora: User) -> None:
    Application.objects.update(client_type=Application.CLIENT_PUBLIC)
    client = world.client(scope="profile", client_secret=None, token_endpoint_auth_method="none")

    tokens = world.log_in(dora, client)

    assert client.get(f"{world.url}{API}").status_code == 200
    endpoint = world.metadata["token_endpoint"]
    assert client.refresh_token(endpoint, refresh_token=tokens["refresh_token"])["access_token"]
