"""The HTTP server of the simulated cloud, and the faults that only a server can have."""

from __future__ import annotations

import contextlib
import threading
import time
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

from .cloud import SmartMeCloud
from .control import PREFIX, control
from .faults import Fault
from .requests import Answer, Request, parse_request

MAX_BODY_BYTES = 1024 * 1024
HTML = b"<!DOCTYPE html><html><head><title>smart-me</title></head><body>Sorry</body></html>"
SPOILT: dict[str, Answer] = {
    "html": Answer(200, HTML, {"Content-Type": "text/html"}),
    "empty": Answer(200, b""),
    "not-json": Answer(200, b'[{"Id": '),
    "redirect": Answer(302, b"", {"Location": "https://www.smart-me.com/login"}),
}


class _Handler(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1 with keep-alive, like the real thing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def cloud(self) -> SmartMeCloud:
        return cast("_Server", self.server).cloud

    def handle_call(self) -> None:
        """Answer one call, whatever its method."""
        size = min(int(self.headers.get("Content-Length") or 0), MAX_BODY_BYTES)
        request = parse_request(
            method=self.command,
            target=self.path,
            headers=dict(self.headers.items()),
            body=self.rfile.read(size),
        )
        # The caller may have gone meanwhile: it hung up on purpose, there is nobody to tell.
        with contextlib.suppress(ConnectionError, TimeoutError):
            if request.segments[:1] == (PREFIX,):
                self._send(control(self.cloud, request))
            else:
                self._answer_as_cloud(request)

    def _answer_as_cloud(self, request: Request) -> None:
        caller = self.cloud.doorkeeper.caller(request)
        account = caller.account.name if caller else None
        fault = self.cloud.faults.answering(account, request.path)
        if fault is not None and fault.kind == "pause":
            time.sleep(float(fault.given.get("seconds", 1)))
            fault = None
        # Who has its answer can rely on having been counted.
        call = self.cloud.ledger.note_call(account, method=request.method, path=request.path)
        status = 0
        try:
            if fault is None:
                answer = self.cloud.answer(caller, request)
                self._send(answer)
                status = answer.status
            else:
                status = self._spoil(fault, request)
        finally:
            call["status"] = status
        if status == HTTPStatus.OK and account and fault is None:
            self._note_reports(account, answer)

    def _note_reports(self, account: str, answer: Answer) -> None:
        listed = answer.content if isinstance(answer.content, list) else [answer.content]
        devices = [
            entry for entry in listed if isinstance(entry, dict) and {"Id", "id"} & entry.keys()
        ]
        self.cloud.ledger.note_reports(account, devices)

    def _spoil(self, fault: Fault, request: Request) -> int:
        """Answer as the fault wants; return the status, or 0 when no whole answer went out."""
        if fault.kind in SPOILT:
            self._send(SPOILT[fault.kind])
            return SPOILT[fault.kind].status
        if fault.kind == "status":
            return self._send_status(fault)
        self.close_connection = True
        if fault.kind == "hang":
            time.sleep(float(fault.given.get("seconds", 60)))
        elif fault.kind == "lost":
            # What was asked is done, and nobody hears of it.
            self.cloud.answer(self.cloud.doorkeeper.caller(request), request)
        elif fault.kind in ("cut", "drip"):
            self._send_in_part(fault, request)
        return 0

    def _send_status(self, fault: Fault) -> int:
        status = int(fault.given.get("status", 500))
        wait = fault.given.get("retry_after")
        headers = {} if wait is None else {"Retry-After": str(wait)}
        body = HTML if status >= 500 else b""
        self._send(Answer(status, body, {"Content-Type": "text/html", **headers}))
        return status

    def _send_in_part(self, fault: Fault, request: Request) -> None:
        """Promise a whole body; send half of it, or byte by byte with a pause after each."""
        caller = self.cloud.doorkeeper.caller(request)
        body = self.cloud.answer(caller, request).body()
        self._send_head(200, {"Content-Type": "application/json"}, size=len(body))
        if fault.kind == "cut":
            self.wfile.write(body[: len(body) // 2])
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            time.sleep(float(fault.given.get("seconds_per_byte", 0.5)))

    def _send(self, answer: Answer) -> None:
        body = answer.body()
        self._send_head(answer.status, dict(answer.headers), size=len(body))
        self.wfile.write(body)

    def _send_head(self, status: int, headers: dict[str, str], *, size: int) -> None:
        self.send_response_only(status, "" if status == 524 else None)
        self.send_header("date", formatdate(self.cloud.clock.now(), usegmt=True))
        headers.setdefault("Content-Type", "application/json; charset=utf-8")
        for name, value in headers.items():
            self.send_header(name.lower(), value)
        self.send_header("content-length", str(size))
        self.end_headers()


for _method in ("GET", "POST", "PUT", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler.handle_call)


class _Server(ThreadingHTTPServer):
    """Threads that do not hold up the end of the process."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], cloud: SmartMeCloud) -> None:
        self.cloud = cloud
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: a caller that hangs up in mid-answer is part of the play."""


class Simulator:
    """The running simulator; as a context manager it serves from a thread of its own."""

    def __init__(self, cloud: SmartMeCloud, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.cloud = cloud
        self._server = _Server((host, port), cloud)
        self._stopped = threading.Event()

    @property
    def url(self) -> str:
        """The address to give as SMARTME_API_URL."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def serve(self) -> None:
        """Serve until stopped from another thread or by an exception."""
        sender = self.cloud.sender
        threading.Thread(target=sender.run, args=(self._stopped,), daemon=True).start()
        try:
            self._server.serve_forever(poll_interval=0.2)
        finally:
            self._stopped.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
