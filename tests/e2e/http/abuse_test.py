"""Good credentials in bad hands, and calls that are made to look like others': scopes, audiences, names that travel, paths of
the admin side, forged addresses, answers that nobody reads."""

import json
import resource
import socket
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, Raw, exchange, job, key_section, listening
from e2e.process import rss_bytes, wait_until

NDJSON = {"Content-Type": "application/x-ndjson"}
LINE = '{"platform":"android","token":"a"}\n'
PUSH = {"notifications": [{"tokens": ["a"], "platform": 2, "message": "Hi"}]}


class Abuse(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.port, sections = listening(
            all=key_section("all", "one", **NO_LIMITS), other=key_section("other", "two", **NO_LIMITS),
            **{scope: key_section(scope, "one", [scope], **NO_LIMITS) for scope in ("send", "read", "admin")})
        self.engine = self.stack.start_engine({**sections, "results": {"level": "all"}})
        self.api = Api(self.port, "all")

    def keys(self, pattern):
        with self.stack.redis() as redis:
            return redis.scan(self.stack.key(pattern))

    def test_a_scope_allows_its_own_calls_and_no_other(self):
        self.stack.ctl("lane", "pause", "normal")
        self.assertEqual(202, self.api.submit(job("a", id="held")).status)
        calls = (
            ("send", "POST", "/v1/jobs", job("a"), ()), ("send", "POST", "/v1/audiences/x", LINE, NDJSON),
            ("send", "POST", "/api/push", PUSH, ()), ("read", "GET", "/v1/jobs/held", None, ()),
            ("read", "HEAD", "/v1/jobs/held", None, ()), ("admin", "POST", "/v1/jobs/held/pause", None, ()),
            ("admin", "POST", "/v1/jobs/held/resume", None, ()), ("admin", "DELETE", "/v1/jobs/held", None, ()))
        for needed, method, path, body, headers in calls:
            for scope in ("send", "read", "admin"):
                if scope != needed:
                    self.assertEqual(403, Api(self.port, scope).call(method, path, body, headers).status, (scope, path))
        self.assertEqual("accepted", self.api.call("GET", "/v1/jobs/held").json()["state"])
        self.assertEqual([], self.keys("audience:*"))
        for needed, method, path, body, headers in calls:
            self.assertIn(Api(self.port, needed).call(method, path, body, headers).status, (200, 202), (needed, path))
        # A method by another name is no method.
        override = {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE"}
        self.assertEqual(405, Api(self.port, "send").call("POST", "/v1/jobs/held", {}, override).status)

    def test_lines_of_an_audience_are_checked_like_any_recipient_and_taken_all_or_none(self):
        deep = '{"platform":"android","token":"a","vars":' + "[" * 5_000 + "]" * 5_000 + "}\n"
        refused = {
            "nothing": "", "blank lines": "\n" * 100_000, "no object": LINE + "7\n", "an array": "[" + LINE.strip() + "]\n",
            "two in a line": LINE.strip() + LINE, "a key twice": '{"platform":"android","token":"a","token":"b"}\n',
            "an unknown field": '{"platform":"android","token":"a","tenant":"two"}\n', "deep": deep,
            "no UTF-8": LINE.encode() + b'{"platform":"android","token":"\xff\xfe"}\n', "NUL": LINE + '{"platform":"android"\0}\n',
            "UTF-16": LINE.encode("utf-16"), "cut off": LINE * 3 + LINE[:-5],
        }
        for name, body in refused.items():
            answer = self.api.call("POST", "/v1/audiences/x", body, NDJSON)
            self.assertEqual(422, answer.status, (name, answer))
        self.assertEqual([], self.keys("audience:*"))
        self.assertEqual(413, self.api.call("POST", "/v1/audiences/x", LINE * 40_000, NDJSON).status)
        for name in ("a:b", "two:x", "a%2Fb", "a%00", "%C3%A4", "x" * 129, "a*", "{a}"):
            self.assertIn(self.api.call("POST", "/v1/audiences/" + name, LINE, NDJSON).status, (400, 404), name)
        self.assertEqual(202, self.api.call("POST", "/v1/audiences/x", LINE, NDJSON).status)
        self.assertEqual([self.stack.key("audience:one:x")], self.keys("audience:*"))
        # Another tenant neither sees nor takes it.
        taken = Api(self.port, "other").submit({"message": {"title": "T"}, "audience": "x"})
        self.assertEqual((422, "/audience"), (taken.status, taken.json()["pointer"]))

    def test_a_correlation_id_is_a_word_or_is_not_taken(self):
        self.assertEqual("a-1", self.api.submit(job("t1", id="a"), headers={"X-Correlation-ID": "a-1"}).headers["x-correlation-id"])
        post = b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nX-API-Key: all\r\nConnection: close\r\n"
        body = json.dumps(job("t2")).encode()
        for bad in (b"a b", b"a\tb", b'"><script>', b"a,b", b"\xc3\xa4", b"a;b", b"x" * 129, b"%0d%0aX-Evil: 1", b"{{a}}"):
            codes, answer = exchange(self.port, post + b"X-Correlation-ID: " + bad + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            self.assertEqual([202], codes, bad)
            self.assertNotIn(bad, answer)
        for split in (b"a\rX-Evil: 1", b"a\nX-Evil: 1", b"a\0b"):
            codes, answer = exchange(self.port, post + b"X-Correlation-ID: " + split + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            self.assertEqual([400], codes, split)
            self.assertNotIn(b"Evil", answer)
        with self.stack.redis() as redis:
            def ids():
                return [row["correlation_id"] for _, row in redis.stream(self.stack.key("results"))
                        if row["outcome"] == "delivered"]
            wait_until(lambda: len(ids()) >= 10, 20, "results")
            self.assertIn("a-1", ids())
            for each in ids():
                self.assertRegex(each, r"^[A-Za-z0-9._:@/+=-]{1,128}$")

    def test_a_forged_address_does_not_win_more_guesses(self):
        codes = [Api(self.port, f"guess-{i}", source="127.0.4.1")
                 .call("GET", "/v1/jobs/a", headers={"X-Forwarded-For": f"203.0.113.{i}", "Forwarded": f"for=203.0.113.{i}",
                                                     "X-Real-IP": f"203.0.113.{i}"}).status for i in range(40)]
        self.assertEqual({401, 429}, set(codes))
        self.assertGreaterEqual(codes.count(429), 10)

    def test_the_admin_side_knows_its_paths_as_they_are_written(self):
        port = int(self.engine.admin.rpartition(":")[2])
        for target in ("/../metrics", "/./metrics", "//metrics", "/metrics/", "/metrics/..", "/%6detrics", "/metrics%00", "/metrics;a",
                       "/METRICS", "/admin/../metrics", "/..%2fmetrics", "/\\metrics", "/etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
            codes, answer = exchange(port, b"GET " + target.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(codes, ([404], [400]), (target, answer))
            self.assertNotIn(b"dispatch_", answer)
        for head in (b"GET http://127.0.0.1/metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"GET metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET /metrics HTTP/1.1\r\n\r\n", b"CONNECT 127.0.0.1:6379 HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            self.assertEqual([400], exchange(port, head)[0], head)
        # Nor is anything of it to be had where strangers call.
        for target in ("/metrics", "/version", "/console", "/admin/v1/stats", "/v1/jobs/..%2f..%2fmetrics", "/v1/../metrics"):
            self.assertEqual(404, self.api.call("GET", target).status, target)

    def test_answers_that_nobody_reads_take_a_bounded_share_of_memory(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        length = len(self.api.call("GET", "/openapi.json").body)
        before, crowd = rss_bytes(self.engine.process.pid), []
        # As many connections as there may be, but for a few: 128 answers on each would be 3 GiB, 256 KiB 225 MiB.
        for number in range(900):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.bind((f"127.0.5.{number // 225 + 1}", 0))
            one.connect(("127.0.0.1", self.port))
            one.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 128)
            crowd.append(one)
        for _ in range(200):
            self.assertEqual(202, self.api.submit(job("t")).status)
        grown = rss_bytes(self.engine.process.pid) - before
        self.assertLess(grown, (32 << 20) + 900 * 2 * length + (32 << 20))
        with Raw(self.port) as reader:
            reader.send(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 127
                        + b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertEqual(128, reader.rest().count(b"HTTP/1.1 200 OK"))
        for one in crowd:
            one.close()
        print(f"unread answers: {grown >> 20} MiB")


if __name__ == "__main__":
    unittest.main(verbosity=2)
