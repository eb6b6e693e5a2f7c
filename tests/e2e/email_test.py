"""Email: what the sandbox's mail server got, read by Python's own parser."""

import collections
import email
import email.policy
import json
import pathlib
import signal
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until

SUBJECT = "Grüße für {{name}} – 你好"
SECTIONS = {
    "platforms": {"email": "smtp"},
    # All that is refused for now comes back at once, or the test would wait for the budget.
    "retry": {"attempts": 3, "base": "50ms", "cap": "200ms", "budget_per_second": 10_000},
    "breaker": {"open_for": "500ms", "open_for_max": "1s"},
}


def parts_of(message):
    return [message, *(part for part in message.walk() if part is not message)]


class Email(EndToEnd):
    def setUp(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.mail = self.stack.endpoints["smtp"]

    def start(self, **more):
        app = {"endpoint": self.mail["endpoint"], "username": self.mail["username"],
               "password_file": self.mail["password_file"], "from": "Noten für alle <notes@duru.example>",
               "ca_file": self.stack.endpoints["ca_file"], **more}
        self.engine = self.stack.start_engine({**SECTIONS, "smtp.default": app})

    def send(self, name, addresses):
        job = {"id": name, "message": {"title": SUBJECT, "body": "Hallo {{name}},\n.\nein Punkt."},
               "recipients": [{"platform": "email", "address": address, "vars": {"name": f"Zoë <{at}>"}}
                              for at, address in enumerate(addresses)]}
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(job))

    def mails(self):
        """Every mail that was taken, by its recipient."""
        found = {}
        for file in (pathlib.Path(self.mail["maildir"]) / "new").iterdir():
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            self.assertNotIn(message["Delivered-To"], found, "the same mail twice")
            found[message["Delivered-To"]] = message
        return found

    def ledger(self):
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def outcomes(self, jobs=1):
        totals = collections.Counter()
        for job in self.wait_jobs_ended(jobs):
            totals.update({name: count for name, count in job.items()
                           if isinstance(count, int) and count and name != "total"})
        return dict(totals)

    def test_a_thousand_recipients_with_a_tenth_put_off_and_a_twentieth_refused(self):
        self.start()
        addresses = [f"ada{at}@example.com" for at in range(1_000)]
        for at in range(0, 1_000, 10):  # a tenth; every fifth of these for ever
            times = 99 if at % 50 == 0 else 1
            addresses[at] = f"flaky-{times}-450-4.2.1+{at}@example.com"
        for at in range(5, 1_000, 20):  # a twentieth; half of these are no such mailbox
            order = "550-5.1.1" if at % 40 == 5 else "554-5.6.0"
            addresses[at] = f"fail-{order}+{at}@example.com"
        self.send("thousand", addresses)
        self.assertEqual({"delivered": 930, "dead": 20, "invalid_token": 25, "failed": 25}, self.outcomes())

        mails = self.mails()
        good = {address for address in addresses if not address.startswith(("flaky-99", "fail"))}
        self.assertEqual(good, set(mails))
        for address, message in mails.items():
            self.check(address, message, addresses.index(address))
        self.assertEqual(930, len({message["Message-ID"] for message in mails.values()}))

        rows = self.ledger()
        taken = collections.Counter(row.dedupe for row in rows if row.status == 250)
        self.assertEqual((930, {1}), (len(taken), set(taken.values())))
        tries = collections.Counter(row.token for row in rows)
        for address in addresses:
            expected = {"flaky-9": 3, "flaky-1": 2}.get(address[:7], 1)
            self.assertEqual(expected, tries[address], address)

    def check(self, address, message, at):
        for part in parts_of(message):
            self.assertEqual([], part.defects, address)
        self.assertEqual(f"Grüße für Zoë <{at}> – 你好", message["Subject"])
        self.assertEqual([], list(message["Subject"].defects))
        self.assertEqual(address, message["To"])
        sender = message["From"].addresses[0]
        self.assertEqual(("Noten für alle", "notes@duru.example"), (sender.display_name, sender.addr_spec))
        text = message.get_body(("plain",)).get_content()
        self.assertIn(f"Hallo Zoë <{at}>,\n.\nein Punkt.", text.replace("\r\n", "\n"))
        self.assertIn(f"Hallo Zoë &lt;{at}&gt;,", message.get_body(("html",)).get_content())

    def test_without_starttls_nothing_is_sent_and_it_is_said(self):
        self.stack.control("/smtp", body={"starttls": False})
        self.start()
        self.send("stripped", [f"ada{at}@example.com" for at in range(20)])

        def said():
            return [line for line in self.engine.log_lines() if "starttls_stripped" in line.get("detail", "")]
        self.assertEqual("tls_failed", wait_until(said, 20, "the error in the log")[0]["what"])
        wait_until(lambda: self.engine.metrics().sum("dispatch_breaker_transitions_total", scope="smtp:default",
                                                     to="open") > 0, 20, "the breaker open")
        self.assertEqual([], self.ledger())
        self.assertEqual({}, self.mails())
        # What waited goes out once the server is itself again.
        self.stack.control("/smtp", body={"starttls": True})
        self.assertEqual({"delivered": 20}, self.outcomes())
        self.assertEqual(20, len(self.mails()))

    def test_a_new_password_is_taken_up_by_a_reload(self):
        self.start(max_messages_per_connection=1)
        self.send("before", ["ada@example.com"])
        self.assertEqual({"delivered": 1}, self.outcomes())
        self.stack.control("/smtp", body={"password": "another one"})
        pathlib.Path(self.mail["password_file"]).write_text("another one\n")
        self.engine.process.send(signal.SIGHUP)
        wait_until(lambda: self.engine.metrics().sum("dispatch_config_reloads_total", result="applied") > 0, 10, "a reload")
        self.send("after", ["ada2@example.com"])
        self.assertEqual({"delivered": 2}, self.outcomes(2))
        self.assertNotIn("another one", self.engine.process.tail(1_000))


if __name__ == "__main__":
    unittest.main()
