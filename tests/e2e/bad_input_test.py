"""What cannot be used: jobs, identities, configuration. And what is not there yet."""

import json
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until
from e2e.stack import program

GOOD = {"message": {"title": "T"}, "recipients": [{"platform": "android", "token": "good"}]}


class BadJobs(EndToEnd):
    providers = ("fcm", "apns")

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.stack.start_engine()

    def add(self, redis, document, lane="jobs", field="job"):
        text = document if isinstance(document, str) else json.dumps(document)
        return redis.command("XADD", self.stack.key(lane), "*", field, text)

    def dead(self, redis, count):
        wait_until(lambda: redis.command("XLEN", self.stack.key("dead")) >= count, 20, f"{count} dead letters")
        return [fields for _, fields in redis.stream(self.stack.key("dead"))]

    def test_malformed_jobs_become_dead_letters_and_the_stream_goes_on(self):
        bad = (
            ("not JSON", None),
            ({**GOOD, "recipiants": []}, "/recipiants"),
            ({**GOOD, "recipients": [{"platform": "android"}]}, "/recipients/0"),
            ({**GOOD, "recipients": [{"platform": "tv", "token": "t"}]}, "/recipients/0/platform"),
            ({**GOOD, "expires_at": "yesterday"}, "/expires_at"),
            ({"recipients": GOOD["recipients"]}, "/message"),
        )
        with self.stack.redis() as redis:
            entries = []
            for document, _ in bad:
                entries.append(self.add(redis, document))
                self.add(redis, GOOD)
            letters = self.dead(redis, len(bad))
            wait_until(lambda: self.stack.lanes_empty(redis), 20, "the lane empty")
            self.assertEqual(len(bad), len(letters))
            # Batches may be judged side by side: letters are matched by the entry they came from.
            by_source = {letter["source_id"]: letter for letter in letters}
            for entry, (document, pointer) in zip(entries, bad):
                letter = by_source[next(source for source in by_source if entry in source)]
                self.assertEqual("malformed", letter["reason"])
                self.assertEqual(document if isinstance(document, str) else json.dumps(document), letter["job"])
                if pointer:
                    self.assertIn(pointer, letter["detail"])
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        self.assertEqual(len(bad), len(self.stack.ledger.rows), "each good job beside a bad one is sent")

    def test_an_entry_without_a_job_becomes_a_dead_letter(self):
        with self.stack.redis() as redis:
            self.add(redis, GOOD, field="jbo")
            self.assertEqual("malformed", self.dead(redis, 1)[0]["reason"])
            wait_until(lambda: self.stack.lanes_empty(redis), 20, "the lane empty")

    def test_a_known_id_is_sent_once_and_another_document_under_it_is_refused(self):
        document = {"id": "only-once", **GOOD}
        with self.stack.redis() as redis:
            for lane in ("jobs", "jobs:high", "jobs"):
                self.add(redis, document, lane)
            self.add(redis, {**document, "message": {"title": "another"}})
            self.assertEqual("id_conflict", self.dead(redis, 1)[0]["reason"])
        jobs = self.wait_jobs_ended(1)
        self.assertEqual((1, 1), (jobs[0]["total"], jobs[0]["delivered"]))
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        self.assertEqual(1, len(self.stack.ledger.rows))


class BadConfiguration(EndToEnd):
    def exit_of(self, sections):
        engine = self.stack.start_engine(sections, ready=False)
        return engine.process.wait(20), engine.process.tail(), engine.config

    def test_a_wrong_value_ends_with_78_and_file_line_and_key(self):
        code, said, path = self.exit_of({"engine": {"io_threads": "many"}})
        self.assertEqual(78, code, said)
        line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "io_threads" in text)
        self.assertIn(f"{path}:{line}", said)
        self.assertIn("engine.io_threads", said)

    def test_an_unknown_key_ends_with_78_and_its_name(self):
        code, said, _ = self.exit_of({"engine": {"io_treads": 1}})
        self.assertEqual(78, code, said)
        self.assertIn("io_treads", said)

    def test_a_file_that_is_no_toml_ends_with_78_and_its_line(self):
        path = self.stack.directory / "broken.toml"
        path.write_text("[engine]\nio_threads = = 1\n")
        process = self.stack.start("broken", [program("dispatchd"), "--config", str(path)])
        self.assertEqual(78, process.wait(20), process.tail())
        self.assertIn(f"{path}:2", process.tail())


class NotThereYet(EndToEnd):
    providers = ("fcm", "apns")

    def test_redis_that_is_absent_at_the_start_is_waited_for(self):
        self.stack.start_sandbox()
        engine = self.stack.start_engine(ready=False)
        wait_until(lambda: self.answers_not_ready(engine), 20, "the engine saying that it is not ready")
        self.stack.start_redis()
        engine.wait_ready()
        sent = self.load("normal", 10)
        self.assert_accounted(self.wait_jobs_ended(10), sent, delivered=10)

    def test_a_provider_that_is_absent_at_the_start_is_waited_for(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.stack.control("/accept", body={"enabled": False})
        engine = self.stack.start_engine({"breaker": {"open_for": "1s"}}, ready=False)
        sent = self.load("normal", 10)
        with self.stack.redis() as redis:
            wait_until(lambda: redis.scan(self.stack.key("breaker:") + "*"), 40, "the provider found missing")
        self.assertTrue(engine.process.alive())
        self.stack.control("/accept", body={"enabled": True})
        self.assert_accounted(self.wait_jobs_ended(10), sent, delivered=10)

    @staticmethod
    def answers_not_ready(engine):
        if not engine.process.alive():
            raise AssertionError("dispatchd ended:\n" + engine.process.tail())
        return not engine.ready()


if __name__ == "__main__":
    unittest.main()
