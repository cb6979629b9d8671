"""Web processes of the bench: the real application in processes of its own, and browsers that walk it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from flask import Flask

from ..filling.building import application

_DATABASE, _FOLDER = "MUSUBI_BENCH_DATABASE", "MUSUBI_BENCH_FOLDER"
_MAKE = f"{__name__}:make"
_LONGEST_START = 120.0
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def make() -> Flask:
    """What a server serves; where is told by the environment."""
    return application(os.environ[_DATABASE], Path(os.environ[_FOLDER]))


@dataclass(frozen=True)
class Served:
    """Addresses of the servers, the process ids of those that answer, and seconds until the first page came."""

    addresses: tuple[str, ...]
    processes: tuple[int, ...]
    started_in: float

    def resident(self) -> list[int]:
        """Bytes of memory of each process, nothing where this machine does not tell."""
        return [size for process in self.processes if (size := _resident(process)) is not None]


@contextmanager
def web_processes(url: str, folder: Path, *, count: int = 1) -> Iterator[Served]:
    """``count`` processes: of gunicorn as in production where it is installed, else each a waitress of its own."""
    environment = {**os.environ, _DATABASE: url, _FOLDER: str(folder)}
    ports = [_free_port() for _ in range(1 if _has_gunicorn() else count)]
    log = (folder / "server.log").open("ab")
    began = time.monotonic()
    servers = [subprocess.Popen(_command(port, count), env=environment, stdout=log, stderr=log) for port in ports]
    try:
        addresses = tuple(f"http://127.0.0.1:{port}" for port in ports)
        for address in addresses:
            _wait_for(f"{address}/login", servers)
        seconds = time.monotonic() - began
        workers = tuple(worker for server in servers for worker in _children(server.pid) or (server.pid,))
        yield Served(addresses, workers, seconds)
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
        log.close()


def _has_gunicorn() -> bool:
    return find_spec("gunicorn") is not None and os.name == "posix"


def _command(port: int, count: int) -> list[str]:
    if _has_gunicorn():
        options = ["-w", str(count), "--threads", "4", "--timeout", "120", "--no-control-socket"]
        return [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", f"{_MAKE}()"]
    return [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=4", "--call", _MAKE]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(address: str, servers: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + _LONGEST_START
    while time.monotonic() < until:
        if any(server.poll() is not None for server in servers):
            break
        try:
            with build_opener().open(address, timeout=30):
                return
        except (URLError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError("the web process did not start; see server.log in the bench's folder")


def _children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _resident(process: int) -> int | None:
    try:
        told = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return None
    return int(told[1]) * 1024 if told else None


class Failed(Exception):
    """An answer that is none of those hoped for."""


class Browser:
    """Signed in as somebody, with cookies and the token of the forms."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._token = ""

    def get(self, path: str) -> str:
        return self._open(path, None)

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """Where it leads is walked to, as a browser does."""
        return self._open(path, urlencode({**fields, "csrf_token": self._token}).encode())

    def sign_in(self, email: str, password: str) -> None:
        self.get("/login")
        self.post("/login", {"email": email, "password": password})
        page = self.get("/login")
        if 'name="password"' in page:
            raise Failed(f"{email} could not sign in")

    def _open(self, path: str, data: bytes | None) -> str:
        try:
            with self._opener.open(self._address + path, data, timeout=120) as answer:
                page = str(answer.read().decode("utf-8"))
        except (HTTPError, URLError, ConnectionError, TimeoutError) as error:
            raise Failed(f"{path}: {error}") from error
        token = _TOKEN.search(page)
        if token:
            self._token = unescape(token[1])
        return page
