"""A mail server for tests: it speaks SMTP on a port of this machine, and keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from django.conf import settings


@dataclass
class Post:
    """The server's port, what it was given, and how it behaves: its answers to RCPT and to the text of a mail."""

    port: int
    got: list[EmailMessage] = field(default_factory=list)
    to_recipient: bytes = b"250 ok"
    to_text: bytes = b"250 ok"

    def last(self, to: str) -> str:
        """The text of the last mail to an address."""
        return str([m for m in self.got if to in str(m["To"])][-1].get_content())


@contextmanager
def post_office() -> Iterator[Post]:
    """A mail server for as long as the context lasts."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(b"220 tests")
            while line := self.rfile.readline():
                word = line.strip().upper()
                if word.startswith(b"EHLO"):
                    self._say(b"250 8BITMIME")
                elif word.startswith(b"RCPT"):
                    self._say(post.to_recipient)
                elif word == b"DATA":
                    self._say(b"354 go on")
                    text = b"".join(iter(self.rfile.readline, b".\r\n")).replace(b"\r\n..", b"\r\n.")
                    if post.to_text.startswith(b"250"):
                        text = text.replace(b"\r\n", b"\n")
                        post.got.append(email.message_from_bytes(text, policy=email.policy.default))
                    self._say(post.to_text)
                elif word == b"QUIT":
                    self._say(b"221 bye")
                    return
                else:
                    self._say(b"250 ok")

        def _say(self, words: bytes) -> None:
            self.wfile.write(words + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        post = Post(server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield post
        server.shutdown()


def use(monkeypatch: pytest.MonkeyPatch, post: Post | None, **values: object) -> None:
    """Send by this server from now on; by none where it is None."""
    from sextant_server.environment import mail as read

    url = f"smtp+plain://127.0.0.1:{post.port}" if post else ""
    for name, value in {**read(url), "MAIL_ON": post is not None, **values}.items():
        monkeypatch.setattr(settings, name, value, raising=False)
