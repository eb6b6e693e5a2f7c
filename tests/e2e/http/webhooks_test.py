"""Webhooks of configured sources, from the sender's request to the provider's ledger."""

import hashlib
import hmac
import json
import pathlib
import time
import unittest

from e2e.case import EndToEnd
from e2e.ingest import Api, listening
from e2e.process import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECRET = "a secret shared with the sender"


def recorded(name):
    return (ROOT / "tests/unit/api/webhooks/payloads" / name).read_bytes()


class Webhooks(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        secret = self.stack.directory / "webhook.secret"
        secret.write_text(SECRET + "\n")
        port, sections = listening()
        source = {"secret_file": str(secret), "tenant": "duru"}
        sections["http.sources.github"] = {
            **source, "verify": "hmac-sha256-hex", "signature_header": "X-Hub-Signature-256", "lane": "high",
            "signature_prefix": "sha256=", "mapping_file": str(ROOT / "configs/webhooks/github-issue.json")}
        sections["http.sources.notes"] = {
            **source, "verify": "bearer", "delivery_id": "/record/id", "per_minute": 0, "per_hour": 4,
            "mapping_file": str(ROOT / "configs/webhooks/supabase-note.json")}
        sections["http.sources.paid"] = {
            **source, "verify": "hmac-sha256-hex", "signature_form": "timestamped", "signature_header": "Stripe-Signature",
            "mapping_file": str(ROOT / "configs/webhooks/supabase-note.json")}
        self.engine = self.stack.start_engine(sections)
        self.api = Api(port)

    def github(self, body, event="issues", secret=SECRET, delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958"):
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.api.call("POST", "/v1/webhooks/github", body,
                             {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": signature})

    def note(self, body, secret=SECRET):
        return self.api.call("POST", "/v1/webhooks/notes", body, {"Authorization": "Bearer " + secret})

    def paid(self, body, at=None, **headers):
        at = int(time.time()) if at is None else at
        signature = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.call("POST", "/v1/webhooks/paid", body, {"Stripe-Signature": f"t={at},v1={signature}", **named})

    def sent(self):
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def test_a_signed_event_is_sent_once_however_often_it_is_delivered(self):
        body = recorded("github-issues-opened.json")
        answer = self.github(body)
        self.assertEqual((202, {"id": "github:72d3162e-cc78-11e3-81ab-4c9367dc0958", "tenant": "duru", "lane": "high",
                                "total": 2, "state": "accepted"}), (answer.status, answer.json()))
        again = self.github(body)
        self.assertEqual((202, "true"), (again.status, again.headers.get("idempotent-replayed")))
        wait_until(lambda: len(self.sent()) == 2, 20, "both notifications sent")
        self.assertEqual(422, self.github(body.replace(b"README", b"readme")).status, "another body of that delivery")
        self.assertEqual(2, len(self.sent()))

    def test_what_is_forged_unwanted_or_no_use_sends_nothing(self):
        body = recorded("github-issues-opened.json")
        self.assertEqual(401, self.github(body, secret="another secret").status)
        ping = self.github(body, event="ping")
        self.assertEqual((202, {"filtered": True}), (ping.status, ping.json()))
        self.assertEqual(422, self.github(b"not json", delivery="d2").status)
        unassigned = self.github(json.dumps({**json.loads(body), "issue": {"number": 1}}).encode(), delivery="d3")
        self.assertEqual((422, "application/problem+json"), (unassigned.status, unassigned.headers["content-type"]))
        self.assertIn("/issue/title", unassigned.body)
        self.assertEqual(404, self.api.call("POST", "/v1/webhooks/nobody", b"{}").status)
        self.assertEqual([], self.sent())

    def test_a_timestamped_delivery_overheard_is_the_same_job_whatever_id_is_put_on_it(self):
        body, at = recorded("supabase-insert.json"), int(time.time())
        first = self.paid(body, at)
        self.assertEqual((202, None), (first.status, first.headers.get("idempotent-replayed")))
        self.assertEqual("paid:" + hashlib.sha256(body).hexdigest(), first.json()["id"])
        for headers in ({}, {"webhook_id": "msg_other"}, {"X_GitHub_Delivery": "other"}, {"Idempotency_Key": "other"}):
            again = self.paid(body, at, **headers)
            self.assertEqual((202, "true", first.json()["id"]),
                             (again.status, again.headers.get("idempotent-replayed"), again.json()["id"]), headers)
        # Signed anew by who knows the secret it is the same event still; too old or from the future it is none.
        self.assertEqual("true", self.paid(body, at - 100).headers.get("idempotent-replayed"))
        for wrong in (at - 400, at + 400):
            self.assertEqual(401, self.paid(body, wrong).status)
        wait_until(lambda: len(self.sent()) >= 1, 20, "sent")
        self.assertEqual({}, self.stack.ledger.repeats())
        with self.stack.redis() as redis:
            self.assertEqual(1, len(redis.scan(self.stack.key("job:duru:paid:*"))))

    def test_a_row_becomes_a_notification_within_its_sources_limit(self):
        body = recorded("supabase-insert.json")
        answer = self.note(body)
        self.assertEqual((202, "notes:0d2b5f8e-6a55-4c6b-9a27-0f6f0f9f6b11"), (answer.status, answer.json()["id"]))
        self.assertEqual("4", answer.headers["x-ratelimit-limit-hour"])
        self.assertEqual({"filtered": True}, self.note(body.replace(b"INSERT", b"UPDATE")).json())
        self.assertEqual(401, self.note(body, "another shared secret").status)
        self.assertEqual([202, 202, 429], [self.note(body).status for _ in range(3)])
        wait_until(lambda: len(self.sent()) >= 1, 20, "sent")
        self.assertEqual({}, self.stack.ledger.repeats())


if __name__ == "__main__":
    unittest.main(verbosity=2)
