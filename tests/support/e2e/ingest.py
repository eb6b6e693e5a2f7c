"""The HTTP side of an engine, from a producer's seat: keys, calls over a kept connection, and raw bytes."""

import hashlib
import http.client
import json
import re
import socket

from .process import free_port

NO_LIMITS = {"per_minute": 0, "per_hour": 0, "per_day": 0}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:500]}"


class Api:
    """Calls to one listener with one credential. Reconnects after a failure, of which the caller hears."""

    def __init__(self, port, key=None, timeout=10.0, tls=None, source="127.0.0.1"):
        self.port, self.key, self.timeout, self.tls, self.source = port, key, timeout, tls, source
        self._connection = None

    def __del__(self):
        self.close()

    def call(self, method, path, body=None, headers=()):
        if self._connection is None:
            kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
            options = {"context": self.tls} if self.tls else {}
            self._connection = kind("127.0.0.1", self.port, timeout=self.timeout, source_address=(self.source, 0),
                                    **options)
        sent = {"X-API-Key": self.key} if self.key else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers)
        data = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
        try:
            self._connection.request(method, path, data.encode() if isinstance(data, str) else data,
                                     {name: value for name, value in sent.items() if value is not None})
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ConnectionError(str(error)) from error
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)

    def submit(self, document, lane=None, **options):
        return self.call("POST", "/v1/jobs" + (f"?lane={lane}" if lane else ""), document, **options)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def key_section(key, tenant="default", scopes=("send", "read", "admin"), **more):
    """[http.credentials.NAME] for an API key."""
    return {"type": "key", "tenant": tenant, "scopes": list(scopes),
            "key_sha256": [hashlib.sha256(key.encode()).hexdigest()], **more}


def listening(**credentials):
    """(port, sections for start_engine): the listener and its credentials by name."""
    port = free_port()
    return port, {"http": {"listen": f"127.0.0.1:{port}"},
                  **{f"http.credentials.{name}": section for name, section in credentials.items()}}


def job(*tokens, **fields):
    return {"message": {"title": "T"}, "recipients": [{"platform": "android", "token": token} for token in tokens],
            **fields}


class Raw:
    """A socket that says what it is told to."""

    def __init__(self, port, timeout=20.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the other side does not take it any more."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def rest(self):
        """Everything until the other side closes."""
        parts = []
        try:
            while part := self.socket.recv(65536):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)


def exchange(port, data, timeout=20.0):
    """The status lines' codes of everything the listener says to these bytes until it closes."""
    with Raw(port, timeout) as raw:
        raw.send(data)
        raw.socket.shutdown(socket.SHUT_WR)
        answer = raw.rest()
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", answer)], answer
