"""Jobs handed in over HTTP: stored once, sent, followed, stopped."""

import json
import ssl
import subprocess
import unittest

from e2e.case import EndToEnd
from e2e.ingest import Api, job, key_section, listening
from e2e.process import wait_until


class Jobs(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()

    def start(self, more=None):
        port, sections = listening(one=key_section("key-one", "one"), two=key_section("key-two", "two"),
                                   sender=key_section("key-send", "one", ["send"]))
        for section, values in (more or {}).items():
            sections[section] = {**sections.get(section, {}), **values}
        self.engine = self.stack.start_engine(sections)
        return Api(port, "key-one"), Api(port, "key-two"), Api(port, "key-send")

    def status(self, api, name):
        answer = api.call("GET", f"/v1/jobs/{name}")
        self.assertEqual(200, answer.status, answer)
        return answer.json()

    def wait_state(self, api, name, state):
        return wait_until(lambda: (now := self.status(api, name))["state"] == state and now, 20, f"{name} {state}")

    def test_a_bulk_job_reaches_the_provider_and_its_status_says_so(self):
        api, other, _ = self.start()
        tokens = [f"device-{i}" for i in range(2_000)]
        answer = api.submit(job(*tokens, id="digest"), "bulk", headers={"X-Correlation-ID": "order-7"})
        self.assertEqual((202, {"id": "digest", "tenant": "one", "lane": "bulk", "total": 2000, "state": "accepted"}),
                         (answer.status, answer.json()))
        self.assertEqual("order-7", answer.headers["x-correlation-id"])
        done = self.wait_state(api, "digest", "done")
        self.assertEqual((2000, 2000), (done["total"], done["outcomes"]["delivered"]))
        self.assertGreater(done["rate"], 0)
        self.assertEqual(0, done["eta_seconds"])
        self.stack.control("/ledger/flush")
        self.assertEqual(2000, len(self.stack.ledger.read()))
        self.assertEqual({}, self.stack.ledger.repeats())
        for method, path in (("GET", "digest"), ("DELETE", "digest"), ("POST", "digest/pause")):
            self.assertEqual(404, other.call(method, f"/v1/jobs/{path}").status)
        self.assertEqual(409, api.call("DELETE", "/v1/jobs/digest").status)

    def test_the_same_job_again_is_answered_and_not_sent_again(self):
        api, other, _ = self.start()
        document = job("a", "b", id="once")
        first, again = api.submit(document), api.submit(document)
        self.assertEqual((202, 202), (first.status, again.status))
        self.assertEqual(first.body, again.body)
        self.assertNotIn("idempotent-replayed", first.headers)
        self.assertEqual("true", again.headers["idempotent-replayed"])
        self.wait_state(api, "once", "done")
        late = api.submit(document, "high")
        self.assertEqual((first.body, "true"), (late.body, late.headers["idempotent-replayed"]))
        changed = api.submit(job("a", id="once"))
        self.assertEqual((422, "/id"), (changed.status, changed.json()["pointer"]))
        # An id is a tenant's own; and the way a job came in makes no difference.
        self.assertEqual(202, other.submit(document).status)
        with self.stack.redis() as redis:
            stored = {"id": "once", **{k: v for k, v in document.items() if k != "id"}}
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps({"tenant": "one", **stored}))
            wait_until(lambda: self.stack.lanes_empty(redis), 20, "the lanes empty")
            # Another text than what was stored is another document.
            self.assertEqual(1, redis.command("XLEN", self.stack.key("dead")))
        self.stack.control("/ledger/flush")
        self.assertEqual(4, len(self.stack.ledger.read()))

    def test_what_the_caller_may_not_is_refused(self):
        api, _, sender = self.start()
        self.assertEqual(202, sender.submit(job("a", id="mine")).status)
        self.assertEqual(403, sender.call("GET", "/v1/jobs/mine").status)
        self.assertEqual(403, sender.call("DELETE", "/v1/jobs/mine").status)
        refused = api.submit(job("a", tenant="two"))
        self.assertEqual((403, "/tenant"), (refused.status, refused.json()["pointer"]))
        self.assertEqual(202, api.submit(job("a", tenant="one")).status)
        self.assertEqual(403, api.submit(job("a", tenant="default")).status)
        for key in (None, "key-on", "key-onE"):
            answer = Api(api.port, key).submit(job("a"))
            self.assertEqual(401, answer.status)
            self.assertIn("Bearer", answer.headers["www-authenticate"])

    def test_what_cannot_be_used_is_refused_with_its_place(self):
        api, *_ = self.start()
        wrong = (
            ("nonsense", ""), ("", ""), ("[]", ""), ("{}", "/message"),
            ('{"message":{"title":"a"},"message":{"title":"b"}}', "/message"),
            (json.dumps({**job("a"), "recipiants": []}), "/recipiants"),
            (json.dumps({"message": {"title": "T"}, "recipients": [{"platform": "tv", "token": "t"}]}),
             "/recipients/0/platform"),
            (b'{"message":{"title":"\xff"},"recipients":[{"platform":"android","token":"t"}]}', ""),
            ("[" * 100_000, ""),
            (json.dumps({"message": {"title": "T"}, "audience": "nobody"}), "/audience"),
        )
        for document, pointer in wrong:
            answer = api.submit(document)
            self.assertEqual((422, pointer), (answer.status, answer.json()["pointer"]), document[:80])
        self.assertEqual(415, api.submit(job("a"), headers={"Content-Type": "text/plain"}).status)
        self.assertEqual(415, api.submit(job("a"), headers={"Content-Encoding": "gzip"}).status)
        self.assertEqual(400, api.submit(job("a"), "fast").status)
        self.assertEqual(400, api.call("POST", "/v1/jobs?lanes=high", job("a")).status)
        not_allowed = api.call("PUT", "/v1/jobs/x", "{}")
        self.assertEqual((405, "GET, HEAD, DELETE"), (not_allowed.status, not_allowed.headers["allow"]))
        for path in ("/", "/v1", "/v1/jobs/", "/v1/jobs/a/b", "/v1/jobs/../jobs", "/v1/%6aobs", "/V1/jobs", "//v1/jobs",
                     "/metrics", "/admin/v1/config"):
            self.assertEqual(404, api.call("GET", path).status, path)
        with self.stack.redis() as redis:
            self.assertEqual(0, redis.command("XLEN", self.stack.key("jobs")))

    def test_an_audience_is_gathered_and_taken_over(self):
        api, *_ = self.start()
        lines = "".join(json.dumps({"platform": "android", "token": f"t{i}"}) + "\n" for i in range(100))
        kind = {"Content-Type": "application/x-ndjson"}
        self.assertEqual({"name": "all", "length": 100}, api.call("POST", "/v1/audiences/all", lines, kind).json())
        self.assertEqual({"name": "all", "length": 200}, api.call("POST", "/v1/audiences/all", lines, kind).json())
        broken = api.call("POST", "/v1/audiences/all", lines + '{"platform":"android"}\n', kind)
        self.assertEqual(422, broken.status)
        self.assertIn("line 101", broken.json()["detail"])
        with self.stack.redis() as redis:
            self.assertEqual(200, redis.command("LLEN", self.stack.key("audience:one:all")))
        self.stack.ctl("lane", "pause", "normal")
        answer = api.submit({"id": "big", "message": {"title": "T"}, "audience": "all"})
        self.assertEqual((202, 200), (answer.status, answer.json()["total"]))
        with self.stack.redis() as redis:
            self.assertEqual(0, redis.command("EXISTS", self.stack.key("audience:one:all")))
            self.assertEqual(200, redis.command("LLEN", self.stack.key("taken:one:big")))
        self.stack.ctl("lane", "resume", "normal")
        self.assertEqual(200, self.wait_state(api, "big", "done")["outcomes"]["delivered"])

    def test_a_job_can_be_paused_resumed_and_cancelled(self):
        api, *_ = self.start()
        self.stack.ctl("lane", "pause", "normal")
        self.assertEqual(202, api.submit(job("a", "b", id="held")).status)
        self.assertEqual("accepted", self.status(api, "held")["state"])
        self.assertEqual("paused", api.call("POST", "/v1/jobs/held/pause").json()["state"])
        self.assertEqual("accepted", api.call("POST", "/v1/jobs/held/resume").json()["state"])
        cancelled = api.call("DELETE", "/v1/jobs/held")
        self.assertEqual((200, "cancelled"), (cancelled.status, cancelled.json()["state"]))
        self.assertEqual(409, api.call("DELETE", "/v1/jobs/held").status)
        self.stack.ctl("lane", "resume", "normal")
        wait_until(lambda: self.status(api, "held")["outcomes"]["cancelled"] == 2, 20, "both recipients cancelled")
        self.assertEqual(404, api.call("DELETE", "/v1/jobs/never").status)
        with self.stack.redis() as redis:
            self.assertEqual(0, redis.command("EXISTS", self.stack.key("job:one:never")))

    def test_gorush_programs_can_push(self):
        api, *_ = self.start({"gorush": {"tenant": "two", "allow_from": ["127.0.0.1"]}})
        push = {"notifications": [{"tokens": ["a", "b"], "platform": 2, "message": "Hi"},
                                  {"tokens": ["c"], "platform": 1, "message": "Hi", "topic": "x.y"}]}
        for who in (api, Api(api.port)):
            answer = who.call("POST", "/api/push", push)
            self.assertEqual((200, {"success": "ok", "counts": 3, "logs": []}), (answer.status, answer.json()))
        self.assertEqual(400, api.call("POST", "/api/push", {"notifications": []}).status)

    def test_browsers_of_listed_origins_may_call(self):
        api, *_ = self.start({"http": {"cors_origins": ["https://app.example"], "response_headers_add": ["X-Frame-Options: DENY"]}})
        ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        preflight = Api(api.port).call("OPTIONS", "/v1/jobs", headers=ask)
        self.assertEqual((204, "https://app.example", "Origin"),
                         (preflight.status, preflight.headers["access-control-allow-origin"], preflight.headers["vary"]))
        stranger = Api(api.port).call("OPTIONS", "/v1/jobs", headers={**ask, "Origin": "https://evil.example"})
        self.assertNotIn("access-control-allow-origin", stranger.headers)
        answer = api.submit(job("a"), headers={"Origin": "https://app.example"})
        self.assertEqual("https://app.example", answer.headers["access-control-allow-origin"])
        self.assertEqual("DENY", answer.headers["x-frame-options"])

    def test_a_forwarded_address_is_believed_from_trusted_proxies_only(self):
        api, *_ = self.start({"http": {"deny": ["203.0.113.9"]}})
        spoofed = {"X-Forwarded-For": "203.0.113.9"}
        self.assertEqual(202, api.submit(job("a"), headers=spoofed).status)
        self.engine.process.stop()
        api, *_ = self.start({"http": {"deny": ["203.0.113.9"], "trusted_proxies": ["127.0.0.1"]}})
        self.assertEqual(403, api.submit(job("a"), headers=spoofed).status)
        self.assertEqual(202, api.submit(job("a"), headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}).status)

    def test_it_speaks_tls_1_2_and_1_3_with_good_ciphers_only(self):
        folder = self.stack.directory
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=ingest", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        api, *_ = self.start({"http": {"tls_certificate_file": str(folder / "cert.pem"),
                                       "tls_key_file": str(folder / "key.pem")}})

        def context(version, ciphers=None):
            made = ssl.create_default_context(cafile=str(folder / "cert.pem"))
            made.minimum_version = made.maximum_version = version
            if ciphers:
                made.set_ciphers(ciphers)
            return made
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            secure = Api(api.port, "key-one", tls=context(version))
            for _ in range(3):
                self.assertEqual(202, secure.submit(job("a")).status)
            body = "x" * (1 << 20)
            self.assertEqual(422, secure.submit(body).status)
        weak = Api(api.port, "key-one", tls=context(ssl.TLSVersion.TLSv1_2, "AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"))
        with self.assertRaises(ConnectionError):
            weak.submit(job("a"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
