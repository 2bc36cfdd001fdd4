"""The simulated smart-me cloud as tests use it: over HTTP, with a few moves of their own."""

from typing import Any

import httpx

from integrations.smartme.client import SmartMeClient
from integrations.smartme.credentials import ApiKey
from integrations.smartme.simulator.server import Simulator

READING_KEY = "tilleuls0demo0key0read0only0000a"


class Cloud:
    """The running simulator, with the moves that tests make."""

    def __init__(self, simulator: Simulator) -> None:
        self.url = simulator.url
        self.inner = simulator.cloud
        self.http = httpx.Client(base_url=simulator.url, trust_env=False)

    def fault(self, kind: str, **given: Any) -> None:
        """Switch a fault on."""
        self.http.post("/_simulator/faults", json={"kind": kind, **given}).raise_for_status()

    def heal(self) -> None:
        """Switch all faults off."""
        self.http.delete("/_simulator/faults").raise_for_status()

    def change(self, what: str, **given: Any) -> None:
        """Change an account, or the habits of the OAuth server."""
        self.http.put(f"/_simulator/{what}", json=given).raise_for_status()

    def calls(self, account: str = "tilleuls") -> int:
        """Return how many calls this account made."""
        counted = self.http.get("/_simulator/requests").json()["accounts"]
        return int(counted.get(account, {"count": 0})["count"])

    def token_calls(self) -> int:
        """Return how often a token was asked for."""
        calls = self.http.get("/_simulator/requests").json()["calls"]
        return sum(call["path"] == "/oauth/token" for call in calls)

    def get(self, path: str, *, key: str = READING_KEY, **query: str) -> httpx.Response:
        """Call the API as the account does."""
        return self.http.get(path, headers={"Authorization": f"ApiKey {key}"}, params=query)

    def client(self, *, total_s: float = 5.0) -> SmartMeClient:
        """Return our client for the account."""
        return SmartMeClient(
            base_url=self.url, credentials=ApiKey(READING_KEY), read_s=1.0, total_s=total_s
        )
