"""Doors that need no credential, and who stands before them: gorush's by address, everybody's of --insecure-dev, pages in
a browser that was lured there, and clients behind a proxy."""

import json
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, Raw, job, key_section, listening

PUSH = {"notifications": [{"tokens": ["a"], "platform": 2, "message": "Hi"}]}
LURED = (
    (403, {"Origin": "https://evil.example"}), (403, {"Origin": "null"}), (403, {"Sec-Fetch-Site": "cross-site"}),
    (403, {"Origin": "http://127.0.0.1:8088", "Sec-Fetch-Site": "same-origin"}), (415, {"Content-Type": "text/plain"}),
    (415, {"Content-Type": "application/x-www-form-urlencoded"}), (415, {"Content-Type": "multipart/form-data; boundary=x"}))


class Doors(EndToEnd):
    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()

    def start(self, sections=None, *arguments, **credentials):
        self.port, made = listening(**credentials)
        for name, values in (sections or {}).items():
            made[name] = {**made.get(name, {}), **values}
        self.engine = self.stack.start_engine(made, arguments=arguments)
        return Api(self.port)

    def stored(self):
        """The tenants of what was stored."""
        with self.stack.redis() as redis:
            return [json.loads(row["job"])["tenant"] for _, row in redis.stream(self.stack.key("jobs"))]

    def test_a_credential_counts_for_more_than_the_address(self):
        # Held, or what is sent is not in the lane any more.
        api = self.start({"gorush": {"tenant": "open", "allow_from": ["127.0.0.1"], "per_minute": 2}},
                         one=key_section("one", "one", **NO_LIMITS), reader=key_section("reader", "one", ["read"]))
        self.stack.ctl("lane", "pause", "normal")
        pushed = api.call("POST", "/api/push", PUSH)
        self.assertEqual((200, "2"), (pushed.status, pushed.headers["x-ratelimit-limit-minute"]))
        self.assertEqual(200, Api(self.port, "one").call("POST", "/api/push", PUSH).status)
        self.assertEqual(["open", "one"], self.stored())
        for headers in ({"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"},
                        {"webhook-signature": "v1,eA=="}):
            answer = api.call("POST", "/api/push", PUSH, headers)
            self.assertEqual((401, 401), (answer.status, answer.json()["code"]), headers)
        answer = Api(self.port, "reader").call("POST", "/api/push", PUSH)
        self.assertEqual((403, 403), (answer.status, answer.json()["code"]))
        self.assertEqual(2, len(self.stored()))

    def test_a_missing_scope_counts_against_the_limits(self):
        self.start(reader=key_section("reader", "one", ["read"], per_minute=3))
        api = Api(self.port, "reader")
        answers = [api.submit(job("a")) for _ in range(4)]
        self.assertEqual([403, 403, 403, 429], [answer.status for answer in answers])
        self.assertEqual(["2", "1", "0"], [answer.headers["x-ratelimit-remaining-minute"] for answer in answers[:3]])

    def test_a_page_in_a_browser_does_not_push_by_its_users_address(self):
        api = self.start({"gorush": {"tenant": "open", "allow_from": ["127.0.0.1"]},
                          "http": {"cors_origins": ["https://app.example"]}}, one=key_section("one", "one", **NO_LIMITS))
        for code, headers in LURED:
            answer = api.call("POST", "/api/push", PUSH, headers)
            self.assertEqual((code, code), (answer.status, answer.json()["code"]), headers)
            # A credential is nothing a page has by itself.
            self.assertIn(Api(self.port, "one").call("POST", "/api/push", PUSH, headers).status, (200, 415), headers)
        self.assertEqual(200, api.call("POST", "/api/push", PUSH, {"Origin": "https://app.example"}).status)
        self.assertEqual(200, api.call("POST", "/api/push", PUSH, {"Content-Type": None}).status)

    def test_nor_does_it_reach_insecure_dev(self):
        api = self.start({}, "--insecure-dev")
        for code, headers in LURED:
            self.assertEqual(code, api.submit(job("a"), headers=headers).status, headers)
            self.assertEqual(code, api.call("POST", "/v1/jobs/x/pause", None, headers).status, headers)
        # A name that somebody else has pointed here.
        for host in ("evil.example", f"evil.example:{self.port}", "localhost.evil.example"):
            self.assertEqual(403, api.call("GET", "/v1/jobs/x", None, {"Host": host}).status, host)
            self.assertEqual(403, api.submit(job("a"), headers={"Host": host}).status, host)
        for host in ("localhost", f"localhost:{self.port}", f"127.0.0.1:{self.port}", "[::1]"):
            self.assertEqual(202, api.submit(job("a"), headers={"Host": host}).status, host)
        self.assertEqual(200, api.call("GET", "/healthz", None, {"Host": "evil.example"}).status)

    def test_behind_a_proxy_its_clients_share_and_not_the_proxy(self):
        self.start({"http": {"trusted_proxies": ["127.0.0.1"], "max_connections_per_address": 4}},
                   one=key_section("one", "one", **NO_LIMITS))

        def held(client):
            """A proxy's connection with a request of that client's under way."""
            raw = Raw(self.port)
            raw.send(b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + client
                     + b"\r\nX-API-Key: one\r\nContent-Length: 10\r\n\r\n")
            return raw
        crowd = [held(b"192.0.2.%d" % number) for number in range(1, 21)]
        # Twenty connections of one address, each a client's own; of one client a fifth takes the place of its first.
        more = [held(b"192.0.2.1") for _ in range(4)]
        self.assertEqual(b"", crowd[0].rest())
        answer = Api(self.port, "one").submit(job("a"), headers={"X-Forwarded-For": "192.0.2.99"})
        self.assertEqual(202, answer.status)
        for raw in (*crowd[1:], *more):
            raw.send(b"x" * 10)
        for raw in (*crowd[1:], *more):
            self.assertIn(b" 422 ", raw.socket.recv(4096))
        # Guesses are the client's, not the proxy's.
        codes = [Api(self.port, "wrong").submit(job("a"), headers={"X-Forwarded-For": "192.0.2.50"}).status for _ in range(30)]
        self.assertEqual({401, 429}, set(codes))
        self.assertEqual(401, Api(self.port, "wrong").submit(job("a"), headers={"X-Forwarded-For": "192.0.2.51"}).status)


if __name__ == "__main__":
    unittest.main(verbosity=2)
