"""A webhook's receiver and a mail server on this machine, as far as notices need them."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Self-signed, of localhost and 127.0.0.1, with its key: worth nothing outside these tests."""


@dataclass
class Hook:
    """What a receiver of POSTs got, and what it answers."""

    url: str = ""
    status: int = 204
    location: str | None = None
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def hook() -> Iterator[Hook]:
    """Receive until the end of the block."""
    got = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.headers.append({name.lower(): value for name, value in self.headers.items()})
            got.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(got.status)
            if got.location is not None:
                self.send_header("Location", got.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        got.url = f"http://127.0.0.1:{port}/hook"
        yield got


@dataclass
class PostOffice:
    """What a mail server got, and how it behaves."""

    port: int = 0
    encryption: str = "none"
    refused: frozenset[str] = frozenset()
    password_is_right: bool = True
    commands: list[tuple[str, bool]] = field(default_factory=list)
    """Each command's line, and whether it came encrypted."""
    mails: list[EmailMessage] = field(default_factory=list)


@contextmanager
def post_office(encryption: str = "none") -> Iterator[PostOffice]:
    """Take mail until the end of the block.

    ``starttls`` offers it, ``tls`` speaks nothing else, ``none`` knows neither.
    """
    got = PostOffice(encryption=encryption)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            talk = _Conversation(self.request, got, context)
            # The client may leave, or not trust the certificate.
            with suppress(OSError):
                talk.hold()
            talk.socket.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _serving(Server(("127.0.0.1", 0), Handler)) as port:
        got.port = port
        yield got


class _Conversation:
    def __init__(self, socket, got: PostOffice, context: ssl.SSLContext) -> None:
        self.socket, self.got, self.context = socket, got, context
        self.is_encrypted = False

    def hold(self) -> None:
        self.socket.settimeout(60)
        if self.got.encryption == "tls":
            self._encrypt()
        self.lines = self.socket.makefile("rb")
        self._say("220 localhost")
        while line := self.lines.readline():
            command = line.decode().strip()
            self.got.commands.append((command, self.is_encrypted))
            if command == "QUIT":
                self._say("221 bye")
                return
            self._answer(command)

    def _answer(self, command: str) -> None:
        verb = command.split()[0].upper()
        if verb == "EHLO":
            self._say("250-localhost")
            if self.got.encryption == "starttls" and not self.is_encrypted:
                self._say("250-STARTTLS")
            self._say("250 AUTH PLAIN")
        elif verb == "STARTTLS":
            self._say("220 go on")
            self._encrypt()
            self.lines = self.socket.makefile("rb")
        elif verb == "AUTH":
            self._say("235 welcome" if self.got.password_is_right else "535 wrong password")
        elif verb == "RCPT":
            address = command.partition("<")[2].partition(">")[0]
            self._say("550 nobody" if address in self.got.refused else "250 ok")
        elif verb == "DATA":
            self._say("354 go on")
            body = bytearray()
            while (line := self.lines.readline()) != b".\r\n":
                body += line
            mail = message_from_bytes(bytes(body), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.got.mails.append(mail)
            self._say("250 taken")
        else:
            self._say("250 ok")

    def _encrypt(self) -> None:
        self.socket = self.context.wrap_socket(self.socket, server_side=True)
        self.is_encrypted = True

    def _say(self, line: str) -> None:
        self.socket.sendall(line.encode() + b"\r\n")


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
