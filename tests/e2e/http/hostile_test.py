"""What a listener on the internet meets: bytes that mean two things, slow clients, forged credentials. None gets in,
none gets a 500, none grows memory, and a good caller beside them is served."""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import threading
import time
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, Raw, exchange, job, key_section, listening
from e2e.process import rss_bytes

KEY = b"X-API-Key: key\r\n"
GOOD = json.dumps(job("t")).encode()
POST = b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + KEY
HOOK_SECRET = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def sized(body, length=None):
    return b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def chunked(*chunks):
    return b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


SMUGGLED = b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n" + KEY + sized(GOOD)
TWO_MEANINGS = {
    "CL and TE": POST + b"Content-Length: 5\r\n" + chunked(b"0\r\n\r\n") + SMUGGLED,
    "TE and CL": POST + b"Transfer-Encoding: chunked\r\n" + sized(b"0\r\n\r\n", 5) + SMUGGLED,
    "two CL": POST + b"Content-Length: 1\r\n" + sized(GOOD) + SMUGGLED,
    "two CL alike": POST + b"Content-Length: %d\r\n" % len(GOOD) + sized(GOOD) + SMUGGLED,
    "CL list": POST + b"Content-Length: %d, 0\r\n\r\n" % len(GOOD) + GOOD,
    "CL negative": POST + b"Content-Length: -1\r\n\r\n" + GOOD,
    "CL hex": POST + b"Content-Length: 0x10\r\n\r\n" + GOOD,
    "CL huge": POST + b"Content-Length: 99999999999999999999999999\r\n\r\n" + GOOD,
    "obs-fold": POST + b"X-A: b\r\n Transfer-Encoding: chunked\r\n" + sized(GOOD),
    "space before colon": POST + b"Transfer-Encoding : chunked\r\n" + sized(GOOD),
    "TE unknown": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + GOOD,
    "TE not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + GOOD,
    "two TE": POST + b"Transfer-Encoding: identity\r\n" + chunked(b"0\r\n\r\n"),
    "bare LF": POST.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}",
    "NUL": POST + b"X-A: \0\r\n" + sized(GOOD),
    "bare CR": POST + b"X-A: a\rb\r\n" + sized(GOOD),
    "absolute form": POST.replace(b"/v1/jobs", b"http://x/v1/jobs") + sized(GOOD),
    "two hosts": POST + b"Host: y\r\n" + sized(GOOD),
    "chunk size blank": POST + chunked(b" 5\r\nhello\r\n0\r\n\r\n") + SMUGGLED,
    "chunk size 0x": POST + chunked(b"0x5\r\nhello\r\n0\r\n\r\n") + SMUGGLED,
    "chunk size negative": POST + chunked(b"-5\r\nhello\r\n0\r\n\r\n") + SMUGGLED,
    "chunk too short": POST + chunked(b"2\r\nhello\r\n0\r\n\r\n") + SMUGGLED,
    "chunk LF": POST + chunked(b"5\nhello\n0\n\n") + SMUGGLED,
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
TOO_LARGE = {
    "length": (413, POST + b"Content-Length: 1048577\r\n\r\n"),
    "one chunk": (413, POST + chunked(b"100001\r\n")),
    "chunks": (413, POST + chunked(*[b"10000\r\n" + b"x" * 65536 + b"\r\n"] * 17)),
    "header": (431, POST + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n"),
    "headers": (431, POST + b"A: b\r\n" * 200 + sized(GOOD)),
    "target": (431, b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
}


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


class Hostile(EndToEnd):
    providers = ("fcm", "apns")

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        folder = self.stack.directory
        (folder / "hook").write_text("whsec_" + HOOK_SECRET + "\n")
        (folder / "hs").write_text("a" * 40 + "\n")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", folder / "rsa.pem"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", folder / "rsa.pem", "-pubout", "-out", folder / "rsa.pub"], check=True)
        jwt = {"type": "jwt", "tenant": "default", "scopes": ["send"], "audience": "dispatch", **NO_LIMITS}
        self.port, sections = listening(
            key=key_section("key", **NO_LIMITS),
            hook={"type": "hmac", "tenant": "default", "secret_file": str(folder / "hook"), **NO_LIMITS},
            hs={**jwt, "algorithm": "HS256", "issuer": "hs", "key_id": "k1", "secret_file": str(folder / "hs")},
            rs={**jwt, "algorithm": "RS256", "issuer": "rs", "key_id": "k2", "public_key_file": str(folder / "rsa.pub")})
        self.engine = self.stack.start_engine(sections)
        self.api = Api(self.port, "key")

    def stored(self):
        """Entries ever written to the lanes."""
        with self.stack.redis() as redis:
            info = redis.command("XINFO", "STREAM", self.stack.key("jobs"))
            return dict(zip(info[::2], info[1::2]))["entries-added"]

    def test_bytes_with_two_meanings_are_400_and_nothing_behind_them_is_read(self):
        for name, data in TWO_MEANINGS.items():
            codes, answer = exchange(self.port, data)
            self.assertEqual(1, len(codes), (name, answer))
            self.assertIn(codes[0], (400, 505), (name, answer))
        self.assertEqual(0, self.stored())
        self.assertEqual(202, self.api.submit(job("t")).status)

    def test_what_is_too_large_is_refused_as_soon_as_that_is_known(self):
        for name, (code, data) in TOO_LARGE.items():
            codes, answer = exchange(self.port, data)
            self.assertEqual([code], codes, (name, answer))
        codes, _ = exchange(self.port, POST + sized(b'{"message":{"title":"' + b"x" * (1 << 20)))
        self.assertEqual([413], codes)
        self.assertEqual(0, self.stored())

    def test_slow_clients_lose_their_connections_and_others_do_not_notice(self):
        began = time.monotonic()
        head, body = Raw(self.port), Raw(self.port)
        head.send(b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n")
        body.send(POST + sized(b"{", 100_000))
        ends = {}

        def drip(name, raw, piece):
            while raw.send(piece) and time.monotonic() - began < 40:
                raw.socket.settimeout(0.2)
                try:
                    got = raw.socket.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    break
                ends.setdefault(name, got[9:12])
                if not got:
                    break
            ends[name] = (ends.get(name), time.monotonic() - began)
        threads = [threading.Thread(target=drip, args=("head", head, b"X-A: b\r\n")),
                   threading.Thread(target=drip, args=("body", body, b" "))]
        for thread in threads:
            thread.start()
        # More connections than one address may have, from another address: all of them silent.
        crowd = []
        for _ in range(400):
            one = socket.socket()
            one.bind(("127.0.0.2", 0))
            one.connect(("127.0.0.1", self.port))
            crowd.append(one)
        worst = 0
        while any(thread.is_alive() for thread in threads):
            asked = time.monotonic()
            self.assertEqual(202, self.api.submit(job("t")).status)
            worst = max(worst, time.monotonic() - asked)
            threads[0].join(0.1)
        for one in (*crowd, head.socket, body.socket):
            one.close()
        self.assertEqual((b"408", b"408"), (ends["head"][0], ends["body"][0]))
        self.assertLess(ends["head"][1], 15)
        self.assertLess(ends["body"][1], 15)
        self.assertLess(worst, 1)

    def test_memory_does_not_grow(self):
        def round_of_everything():
            for data in (*TWO_MEANINGS.values(), *(data for _, data in TOO_LARGE.values())):
                exchange(self.port, data)
            for document in ("[" * 200_000, '{"a":' * 50_000, "x" * 900_000, json.dumps(job(*["t" * 100] * 5000))):
                self.api.call("POST", "/v1/jobs", document, {"X-API-Key": "key"})
            # Bodies that never end: their connections close with them.
            held = [Raw(self.port) for _ in range(60)]
            for raw in held:
                raw.send(POST + sized(b"x" * 900_000, 1_000_000))
            for raw in held:
                raw.socket.close()

        def peak(rounds):
            most = 0
            for _ in range(rounds):
                round_of_everything()
                most = max(most, rss_bytes(self.engine.process.pid))
            return most
        # Bodies under way may take 32 MiB together, now more of it and now less; a leak would go on and on.
        first = peak(12)
        self.assertLess(peak(24), first + (32 << 20))
        self.assertLess(first, 200 << 20)
        self.assertEqual(202, self.api.submit(job("t")).status)

    # Credentials ---------------------------------------------------------------------------------------------

    def token(self, header, claims, sign):
        now = int(time.time())
        text = b64(header) + "." + b64({"aud": "dispatch", "exp": now + 600, **claims})
        return text + "." + b64(sign(text.encode()))

    def bearer(self, token, source):
        # A wrong one costs its address some of its tries.
        return Api(self.port, source=source).submit(job("t"), headers={"Authorization": "Bearer " + token}).status

    def test_forged_tokens_do_not_get_in(self):
        secret, public = b"a" * 40, (self.stack.directory / "rsa.pub").read_bytes()

        def hs(key):
            return lambda text: hmac.new(key, text, hashlib.sha256).digest()

        def rs(text):
            return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.stack.directory / "rsa.pem"], input=text,
                                  check=True, capture_output=True).stdout
        now = int(time.time())
        good_hs = {"alg": "HS256", "kid": "k1"}
        self.assertEqual(202, self.bearer(self.token(good_hs, {"iss": "hs"}, hs(secret)), "127.0.1.1"))
        self.assertEqual(202, self.bearer(self.token({"alg": "RS256", "kid": "k2"}, {"iss": "rs"}, rs), "127.0.1.1"))
        forged = (
            ({"alg": "none", "kid": "k1"}, {"iss": "hs"}, lambda _: b""),
            ({"alg": "None", "kid": "k1"}, {"iss": "hs"}, lambda _: b""),
            ({"alg": "HS256", "kid": "k2"}, {"iss": "rs"}, hs(public)),
            ({"alg": "HS256", "kid": "k2"}, {"iss": "rs"}, hs(public.strip())),
            ({"alg": "RS256", "kid": "k1"}, {"iss": "hs"}, rs),
            ({"alg": "HS512", "kid": "k1"}, {"iss": "hs"}, lambda t: hmac.new(secret, t, hashlib.sha512).digest()),
            ({"alg": "HS256", "kid": "../../../dev/null"}, {"iss": "hs"}, hs(b"")),
            ({"alg": "HS256", "kid": "k1' OR '1'='1"}, {"iss": "hs"}, hs(secret)),
            ({"alg": "HS256", "kid": "http://evil.example/key"}, {"iss": "hs"}, hs(b"a")),
            ({**good_hs, "jku": "http://evil.example/keys"}, {"iss": "hs"}, hs(b"evil")),
            ({**good_hs, "jwk": {"kty": "oct", "k": b64(b"evil")}}, {"iss": "hs"}, hs(b"evil")),
            (good_hs, {"iss": "hs", "aud": "other"}, hs(secret)),
            (good_hs, {"iss": "hs", "exp": now - 60}, hs(secret)),
            (good_hs, {"iss": "hs", "exp": now + 2 * 86400}, hs(secret)),
            (good_hs, {"iss": "hs", "nbf": now + 600}, hs(secret)),
            (good_hs, {"iss": "rs"}, hs(secret)),
        )
        for number, (header, claims, sign) in enumerate(forged):
            self.assertEqual(401, self.bearer(self.token(header, claims, sign), f"127.0.2.{number + 1}"), header)
        self.assertEqual(2, self.stored())

    def signed(self, body, name, at=None, secret=None):
        at = int(time.time()) if at is None else at
        key = base64.b64decode(secret or HOOK_SECRET)
        mac = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
        return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": "v1," + base64.b64encode(mac).decode()}

    def test_a_signed_request_is_good_once_as_it_was_signed_and_now(self):
        now = int(time.time())

        def post(headers, body=GOOD, source="127.0.3.1"):
            return Api(self.port, source=source).call("POST", "/v1/jobs", body, headers).status
        good = self.signed(GOOD, "m1")
        self.assertEqual(202, post(good))
        self.assertEqual(401, post(good, source="127.0.3.2"))
        self.assertEqual(401, post(self.signed(GOOD, "m2"), GOOD + b" ", "127.0.3.3"))
        self.assertEqual(401, post({**self.signed(GOOD, "m3"), "webhook-id": "m4"}, source="127.0.3.4"))
        self.assertEqual(401, post(self.signed(GOOD, "m5", now - 310), source="127.0.3.5"))
        self.assertEqual(401, post(self.signed(GOOD, "m6", now + 310), source="127.0.3.6"))
        self.assertEqual(401, post(self.signed(GOOD, "m7", secret=base64.b64encode(b"x" * 32).decode()), source="127.0.3.7"))
        self.assertEqual(1, self.stored())
        # Two at once: one of them is the first.
        twice, codes = self.signed(GOOD, "m8"), []
        threads = [threading.Thread(target=lambda: codes.append(post(twice))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([202] + [401] * 7, sorted(codes))
        self.assertEqual(2, self.stored())

    def test_no_answer_tells_a_secret_or_a_path(self):
        answers = [self.api.submit("nonsense"), self.api.call("GET", "/v1/jobs/" + "a" * 500), Api(self.port, "wrong").submit(GOOD)]
        answers += [self.api.call("GET", "/openapi.json"), self.api.call("GET", "/readyz")]
        log = "\n".join(json.dumps(line) for line in self.engine.log_lines())
        for text in [repr(answer) for answer in answers] + [log]:
            for secret in ("key\"", HOOK_SECRET, "a" * 40, str(self.stack.directory), "0123456789abcdef0123"):
                self.assertNotIn(secret, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
