"""Kinds of clients that take what there is, all from one address with the good ones, and what those notice: bodies that
stop before their last byte, with no credential, a wrong one, another tenant's or a forged signature; heads that never
end; connections that say nothing; answers that nobody reads; and guessing at full speed."""

import base64
import collections
import hashlib
import hmac
import json
import multiprocessing
import selectors
import socket
import subprocess
import time
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, Raw, exchange, job, key_section, listening

SECRET = b"0123456789abcdef0123456789abcdef"
GOOD = json.dumps(job("t")).encode()
MIB = 1 << 20
POST = b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def signed(body, name, secret=SECRET):
    at = int(time.time())
    mac = hmac.new(secret, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def lines(headers):
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())


def unfinished(headers=b""):
    return POST + headers + b"Content-Length: %d\r\n\r\n" % MIB + b"x" * (MIB - 1)


class Crowd:
    """So many clients that send something, wait for what comes of it, and begin again when they are thrown out. In a
    process of their own, or the good client would wait for its turn among them."""

    def __init__(self, port, count, make):
        self.port, self.count, self.make = port, count, make
        self.over, self.result = multiprocessing.Event(), multiprocessing.SimpleQueue()
        self.process = multiprocessing.Process(target=self.run, daemon=True)
        self.process.start()

    def run(self):
        waiting, codes = selectors.DefaultSelector(), collections.Counter()

        def begin():
            mine = socket.socket()
            mine.setblocking(False)
            mine.connect_ex(("127.0.0.1", self.port))
            data = self.make()
            waiting.register(mine, selectors.EVENT_READ | (selectors.EVENT_WRITE if data else 0), [memoryview(data)])
        for _ in range(self.count):
            begin()
        while not self.over.is_set():
            for key, events in waiting.select(0.1):
                mine, left = key.fileobj, key.data
                try:
                    if events & selectors.EVENT_WRITE:
                        left[0] = left[0][mine.send(left[0][:65536]):]
                        if not left[0]:
                            waiting.modify(mine, selectors.EVENT_READ, left)
                    if events & selectors.EVENT_READ:
                        answer = mine.recv(65536)
                        codes[answer[9:12].decode() or "closed"] += 1
                        if answer:
                            continue
                        raise ConnectionResetError
                except BlockingIOError:
                    continue
                except OSError:
                    waiting.unregister(mine)
                    mine.close()
                    begin()
        self.result.put(dict(codes))

    def end(self):
        self.over.set()
        codes = self.result.get()
        self.process.join(20)
        return codes


class Starving(EndToEnd):
    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        folder = self.stack.directory
        (folder / "hook").write_text("whsec_" + base64.b64encode(SECRET).decode() + "\n")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", folder / "rsa.pem"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", folder / "rsa.pem", "-pubout", "-out", folder / "rsa.pub"], check=True)
        self.port, sections = listening(
            key=key_section("key", **NO_LIMITS), other=key_section("other", "two", **NO_LIMITS),
            hook={"type": "hmac", "tenant": "default", "secret_file": str(folder / "hook"), **NO_LIMITS, "scopes": ["send"]},
            jwt={"type": "jwt", "tenant": "default", "scopes": ["send"], "audience": "dispatch", "algorithm": "RS256",
                 "issuer": "rs", "key_id": "k", "public_key_file": str(folder / "rsa.pub"), **NO_LIMITS})
        self.engine = self.stack.start_engine(sections)
        self.names = 0

    def by_key(self, api):
        return api.submit(GOOD, headers={"X-API-Key": "key"})

    def by_signature(self, api):
        self.names += 1
        return api.submit(GOOD, headers=signed(GOOD, f"m{self.names}"))

    def served(self, good, seconds=1.5, fresh=True):
        """(good answers, all requests, the longest); on a connection of its own each, or on one."""
        count, asked, worst, api = 0, 0, 0, Api(self.port, timeout=10)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            began = time.monotonic()
            asked += 1
            try:
                answer = good(api)
                count += answer.status == 202
                if answer.status != 202:
                    print(answer)
            except ConnectionError as error:
                print(error)
            worst = max(worst, time.monotonic() - began)
            if fresh:
                api.close()
        return count, asked, worst

    def check(self, name, crowd, *goods, least=0.99):
        try:
            for good in goods:
                count, asked, worst = self.served(good)
                print(f"{name}, {good.__name__}: {count} of {asked} served, {worst:.3f} s at the longest")
                self.assertGreaterEqual(count, least * asked, name)
                self.assertGreater(asked, 20, name)
        finally:
            codes = crowd.end()
            print(name, codes)
        return codes

    def test_bodies_that_stop(self):
        kinds = {
            "no credential": lambda: unfinished(),
            "a wrong key": lambda: unfinished(b"X-API-Key: wrong\r\n"),
            "a forged signature": lambda: unfinished(lines(signed(b"", "f", b"x" * 32))),
            "another tenant's key": lambda: unfinished(b"X-API-Key: other\r\n"),
            "health": lambda: unfinished(b"").replace(b"POST /v1/jobs", b"GET /healthz"),
        }
        for name, make in kinds.items():
            for count in (32, 300):
                self.check(f"{name} x {count}", Crowd(self.port, count, make), self.by_key, self.by_signature)

    def test_connections_that_do_not_go_on(self):
        kinds = {
            "silence": lambda: b"",
            "half a head": lambda: POST + b"X-A: b\r\n",
            "half a head behind a good request": lambda: b"GET /v1/jobs/x HTTP/1.1\r\nHost: x\r\nX-API-Key: other\r\n\r\n" + POST,
        }
        for name, make in kinds.items():
            self.check(name, Crowd(self.port, 400, make), self.by_key, self.by_signature)

    # Guessing ------------------------------------------------------------------------------------------------

    def token(self, sign=True, **claims):
        text = b64({"alg": "RS256", "kid": "k"}) + "." + b64({"iss": "rs", "aud": "dispatch", "exp": int(time.time()) + 600,
                                                              **claims})
        made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.stack.directory / "rsa.pem"], input=text.encode(),
                              check=True, capture_output=True).stdout if sign else b"x" * 256
        return text + "." + b64(made)

    def test_guesses_of_neighbours_refuse_no_good_credential(self):
        tokens = [self.token(jti=str(number)) for number in range(60)]

        def by_token(api):
            self.names += 1
            return api.submit(GOOD, headers={"Authorization": "Bearer " + tokens[self.names % len(tokens)]})
        wrong = {
            "keys": lambda n: {"X-API-Key": f"wrong-{n}"},
            "tokens": lambda n: {"Authorization": "Bearer " + self.token(sign=False, jti=str(n))},
            "signatures": lambda n: signed(GOOD, f"g{n}", b"x" * 32),
        }
        for name, make in wrong.items():
            each = [POST + lines(make(n)) + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD for n in range(20)]
            last = each[0].replace(b"Host: x", b"Host: x\r\nConnection: close")
            crowd = Crowd(self.port, 8, lambda each=each, last=last: b"".join(each) * 5 + last)
            codes = self.check(name, crowd, self.by_key, by_token, self.by_signature, least=1.0)
            self.assertGreater(codes.get("401", 0) + codes.get("429", 0), 20, codes)
        # And what is wrong is slowed down as before.
        guesser = Api(self.port, "wrong")
        self.assertEqual({429}, {guesser.submit(GOOD).status for _ in range(10)})

    # What the server itself refuses --------------------------------------------------------------------------

    def test_early_answers_come_without_the_body_and_have_all_that_answers_have(self):
        kinds = {
            "no credential": (401, POST + b"X-Correlation-ID: mine-1\r\nContent-Length: 1000\r\n\r\nx"),
            "wrong key, asking first": (401, POST + b"X-Correlation-ID: mine-1\r\nX-API-Key: wrong\r\n"
                                        b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n"),
            "stale signature": (401, POST + b"X-Correlation-ID: mine-1\r\nwebhook-id: a\r\nwebhook-timestamp: 1\r\n"
                                b"webhook-signature: v1,eA==\r\nContent-Length: 1000\r\n\r\n"),
            "no such path": (404, POST.replace(b"/v1/jobs", b"/v1/x") + b"X-Correlation-ID: mine-1\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n"),
            "too large": (413, POST + b"X-Correlation-ID: mine-1\r\nX-API-Key: key\r\nContent-Length: 1048577\r\n\r\n"),
            "chunks too large": (413, POST + b"X-Correlation-ID: mine-1\r\nX-API-Key: key\r\nTransfer-Encoding: chunked\r\n"
                                 b"\r\n100001\r\n"),
            "head too large": (431, POST + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n"),
            "no request": (400, b"\x16\x03\x01\r\n\r\n"),
            "no Host": (400, b"GET /healthz HTTP/1.1\r\nX-Correlation-ID: mine-1\r\n\r\n"),
            "expects more": (417, POST + b"Expect: tea\r\n\r\n"),
        }
        for name, (code, data) in kinds.items():
            with Raw(self.port, 5) as raw:
                raw.send(data)
                answer = raw.rest()
            head = answer.partition(b"\r\n\r\n")[0].lower()
            self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % code), (name, answer))
            self.assertIn(b"\r\nx-content-type-options: nosniff", head, name)
            self.assertIn(b"\r\nconnection: close", head, name)
            self.assertIn(b"\r\nx-correlation-id: " + (b"mine-1" if b"mine-1" in data else b""), head, name)
        with Raw(self.port, 5) as raw:
            raw.send(POST + b"X-API-Key: key\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(GOOD))
            self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", raw.socket.recv(100))
            raw.send(GOOD)
            self.assertIn(b" 202 ", raw.rest())
        codes, answer = exchange(self.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b"X-Content-Type-Options: nosniff", answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
