"""A small Redis client: RESP2 over TCP, pipelines included."""

import socket


class RedisError(Exception):
    """Redis's own error answer."""


class Redis:
    """One blocking connection. Replies: str, int, None or list; an error inside a pipeline comes as RedisError."""

    def __init__(self, port, host="127.0.0.1", timeout=10.0):
        self._socket = socket.create_connection((host, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", 1 << 16)

    def close(self):
        self._file.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def command(self, *args):
        self.send(*args)
        return self.receive()

    def send(self, *args):
        """A command whose answer receive() will take."""
        self._socket.sendall(encode(args))

    def receive(self):
        reply = self._reply()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def pipeline(self, commands, batch=2_000):
        """All replies, in order. In batches, so that neither side's buffers fill while the other writes."""
        replies = []
        for start in range(0, len(commands), batch):
            part = commands[start:start + batch]
            self._socket.sendall(b"".join(encode(args) for args in part))
            replies.extend(self._reply() for _ in part)
        return replies

    def hash(self, key):
        flat = self.command("HGETALL", key)
        return dict(zip(flat[::2], flat[1::2]))

    def scan(self, pattern):
        cursor, keys = "0", set()
        while True:
            cursor, page = self.command("SCAN", cursor, "MATCH", pattern, "COUNT", "2000")
            keys.update(page)
            if cursor == "0":
                return sorted(keys)

    def stream(self, key, count=100_000):
        """Entries as (id, fields)."""
        return [(entry, dict(zip(flat[::2], flat[1::2])))
                for entry, flat in self.command("XRANGE", key, "-", "+", "COUNT", count)]

    def _reply(self):
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        size = int(rest)
        if size < 0:
            return None
        if kind == b"*":
            return [self._reply() for _ in range(size)]
        body = self._file.read(size + 2)
        if len(body) != size + 2:
            raise ConnectionError("Redis closed the connection")
        return body[:-2].decode(errors="replace")


def encode(args):
    out = [b"*%d\r\n" % len(args)]
    for arg in args:
        data = arg if isinstance(arg, bytes) else str(arg).encode()
        out.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(out)
