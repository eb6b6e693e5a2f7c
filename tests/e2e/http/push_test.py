"""gorush's pushes of several notifications: all of a request is sent, once, or nothing of it."""

import base64
import hashlib
import hmac
import json
import time
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, key_section, listening
from e2e.process import wait_until

SECRET = b"0123456789abcdef0123456789abcdef"


def push(*tokens, **fields):
    """A notification a token."""
    return {"notifications": [{"tokens": [token], "platform": 2, "message": "Hi", **fields} for token in tokens]}


def signed(body, name):
    at = int(time.time())
    mac = hmac.new(SECRET, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": "v1," + base64.b64encode(mac).decode()}


class Push(EndToEnd):
    providers = ("fcm", "apns")

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        secret = self.stack.directory / "hook"
        secret.write_text("whsec_" + base64.b64encode(SECRET).decode() + "\n")
        self.port, sections = listening(
            key=key_section("key", "one", per_minute=20), other=key_section("other", "two", **NO_LIMITS),
            hook={"type": "hmac", "tenant": "one", "secret_file": str(secret), **NO_LIMITS})
        self.stack.start_engine(sections)
        self.api = Api(self.port, "key")

    def push(self, body, api=None, **headers):
        return (api or self.api).call("POST", "/api/push", body, {name.replace("_", "-"): v for name, v in headers.items()})

    def stored(self):
        with self.stack.redis() as redis:
            if not redis.command("EXISTS", self.stack.key("jobs")):
                return 0
            info = redis.command("XINFO", "STREAM", self.stack.key("jobs"))
            return dict(zip(info[::2], info[1::2]))["entries-added"]

    def memory(self, limit):
        """Of Redis: with one byte no script may write."""
        with self.stack.redis() as redis:
            redis.command("CONFIG", "SET", "maxmemory", limit)

    def test_all_of_a_push_is_stored_and_counted_once(self):
        answer = self.push(push(*(f"t{i}" for i in range(50))))
        self.assertEqual((200, 50), (answer.status, answer.json()["counts"]))
        self.assertEqual("19", answer.headers["x-ratelimit-remaining-minute"])
        self.assertEqual(50, self.stored())
        broken = push("a", "b")
        broken["notifications"][1]["message"] = ""
        self.assertEqual(400, self.push(broken).status)
        self.assertEqual(50, self.stored())

    def test_with_its_key_a_push_is_sent_once_however_often_it_comes(self):
        body = push("a", "b", "c")
        first, again = (self.push(body, Idempotency_Key='"order 7"') for _ in range(2))
        self.assertEqual((200, 200, first.body), (first.status, again.status, again.body))
        self.assertEqual((None, "true"), tuple(each.headers.get("idempotent-replayed") for each in (first, again)))
        self.assertEqual("true", self.push(body, Idempotency_Key="order 7").headers.get("idempotent-replayed"))
        other = self.push(push("a", "b", "d"), Idempotency_Key="order 7")
        self.assertEqual((422, 422), (other.status, other.json()["code"]))
        self.assertEqual(3, self.stored())
        # A key is its tenant's own.
        self.assertEqual(200, self.push(body, Api(self.port, "other"), Idempotency_Key="order 7").status)
        self.assertEqual(6, self.stored())
        for key in ("", "x" * 129, '""'):
            self.assertEqual(400, self.push(body, Idempotency_Key=key).status, key)

        def sent():
            self.stack.control("/ledger/flush")
            self.stack.ledger.read()
            return len(self.stack.ledger.rows)
        wait_until(lambda: sent() == 6, 20, "six sent")

    def test_a_signature_is_spent_by_what_is_stored_and_not_by_a_503(self):
        body = json.dumps(push("a", "b", "c")).encode()
        headers = signed(body, "m1")
        self.memory(1)
        refused = Api(self.port).call("POST", "/api/push", body, headers)
        self.assertEqual((503, "1"), (refused.status, refused.headers["retry-after"]))
        self.memory(0)
        self.assertEqual(200, Api(self.port).call("POST", "/api/push", body, headers).status)
        self.assertEqual(401, Api(self.port).call("POST", "/api/push", body, headers).status)
        self.assertEqual(3, self.stored())

    def test_a_push_that_grows_past_4_mib_is_413_and_one_of_too_many_400(self):
        long_id = {"notif_id": "n" * 1000}
        for body in ({"notifications": [{"tokens": ["a"] * 150_000, "platform": 2, "message": "Hi"}]},
                     {"notifications": [{"tokens": ["a"] * 2_500, "platform": 2, "message": "Hi", **long_id}] * 2}):
            answer = self.push(body)
            self.assertEqual((413, 413), (answer.status, answer.json()["code"]))
        answer = self.push(push(*["a"] * 101))
        self.assertEqual((400, "Number of notifications(101) over limit(100)"), (answer.status, answer.json()["message"]))
        self.assertEqual(0, self.stored())


if __name__ == "__main__":
    unittest.main(verbosity=2)
