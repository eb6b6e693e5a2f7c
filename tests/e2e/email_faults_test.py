"""Email: servers that take a mail and do not say so, and addresses they call dead."""

import collections
import json
import unittest

from e2e.case import EndToEnd

SECTIONS = {
    "platforms": {"email": "smtp"},
    "retry": {"attempts": 3, "base": "20ms", "cap": "100ms", "budget_per_second": 10_000},
    # What these servers do would open it, which is not what is looked at here.
    "breaker": {"failures": 1000, "sample": 1000},
}


class EmailFaults(EndToEnd):
    def setUp(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        mail, ca_file = self.stack.endpoints["smtp"], self.stack.endpoints["ca_file"]
        app = {key: mail[key] for key in ("endpoint", "username", "password_file", "from")}
        self.stack.start_engine({**SECTIONS, "smtp.default": {**app, "ca_file": ca_file, "timeout": "1s"}})

    def send(self, name, addresses):
        """Answers the job's record once it is over."""
        job = {"id": name, "message": {"title": "T"},
               "recipients": [{"platform": "email", "address": address} for address in addresses]}
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(job))
            before = len(self.stack.jobs(redis))
        return next(job for job in self.wait_jobs_ended(max(1, before)) if job["id"] == name)

    def rows(self):
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def test_a_mail_taken_without_a_word_is_repeated_once_an_attempt_under_its_own_message_id(self):
        addresses = ["drop+a@example.com", "hang+b@example.com", "c@example.com"]
        job = self.send("unknown", addresses)
        self.assertEqual((1, 2), (job["delivered"], job["dead"]))
        tries = collections.defaultdict(list)
        for row in self.rows():
            tries[row.token].append(row.dedupe)
        self.assertEqual({"drop+a@example.com": 3, "hang+b@example.com": 3, "c@example.com": 1},
                         {address: len(keys) for address, keys in tries.items()})
        for address, keys in tries.items():
            self.assertEqual(1, len(set(keys)), address)
        self.assertEqual(3, len({keys[0] for keys in tries.values()}))

    def test_an_address_called_dead_is_told_once_and_not_sent_to_again(self):
        dead = "fail-550-5.1.1+a@example.com"
        first = self.send("first", [dead, "b@example.com"])
        self.assertEqual((1, 1), (first["invalid_token"], first["delivered"]))
        second = self.send("second", [dead, "b@example.com"])
        self.assertEqual((1, 1), (second["suppressed"], second["delivered"]))
        self.assertEqual({dead: 1, "b@example.com": 2}, collections.Counter(row.token for row in self.rows()))
        with self.stack.redis() as redis:
            events = [fields for _, fields in redis.stream(self.stack.key("tokens"))]
        self.assertEqual([(dead, "unknown_mailbox")], [(event["token"], event["reason"]) for event in events])

    def test_what_is_wrong_with_the_sender_condemns_no_address(self):
        # What its domain is refused for is put right there, and the mails are sent then.
        job = self.send("sender", ["fail-550-5.7.1+a@example.com", "flaky-1-550-5.7.26+b@example.com",
                                   "flaky-1-550-5.7.515+c@example.com"])
        self.assertEqual((1, 2), (job["failed"], job["delivered"]))
        with self.stack.redis() as redis:
            self.assertEqual(0, redis.command("XLEN", self.stack.key("tokens")))
        alerts = [line for line in self.stack.engines[0].log_lines() if line.get("event") == "provider_refused"]
        self.assertEqual(3, len(alerts))


if __name__ == "__main__":
    unittest.main()
