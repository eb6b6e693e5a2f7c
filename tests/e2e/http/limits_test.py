"""Limits of a credential hold over all processes, and close when they cannot be counted."""

import collections
import threading
import unittest

from e2e.case import EndToEnd
from e2e.ingest import Api, job, key_section, listening
from e2e.process import wait_until

PROCESSES = 3
CLIENTS = 200
REQUESTS = 15  # of each client


class Limits(EndToEnd):
    providers = ("fcm",)

    def test_three_processes_and_two_hundred_clients_share_a_thousand_a_minute(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        ports = []
        for _ in range(PROCESSES):
            port, sections = listening(one=key_section("key"))
            self.stack.start_engine(sections)
            ports.append(port)
        with self.stack.redis() as redis:
            # A minute of Redis's with enough left of it for all of this.
            wait_until(lambda: int(redis.command("TIME")[0]) % 60 < 35, 30, "a fresh minute", every=0.2)
            minute = int(redis.command("TIME")[0]) // 60
        answers, broken, start = collections.Counter(), [], threading.Barrier(CLIENTS)
        lock = threading.Lock()

        def client(number):
            api, mine = Api(ports[number % PROCESSES], "key", timeout=30), []
            try:
                start.wait(30)
                mine = [api.submit(job("t")) for _ in range(REQUESTS)]
            except (ConnectionError, threading.BrokenBarrierError) as error:
                broken.append(error)
            with lock:
                answers.update(answer.status for answer in mine)
                broken.extend(answer for answer in mine if answer.status == 429 and
                              not 0 < int(answer.headers.get("retry-after", 0)) <= 60)
        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with self.stack.redis() as redis:
            self.assertEqual(minute, int(redis.command("TIME")[0]) // 60, "took longer than the minute")
            self.assertEqual([], broken)
            self.assertEqual({202: 1000, 429: CLIENTS * REQUESTS - 1000}, answers)
            wait_until(lambda: self.stack.lanes_empty(redis), 20, "all of them sent")
        self.stack.control("/ledger/flush")
        self.assertEqual(1000, len(self.stack.ledger.read()))

    def test_headers_say_what_is_left(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        port, sections = listening(one=key_section("key", per_minute=1000, per_hour=3, per_day=0))
        self.stack.start_engine(sections)
        api = Api(port, "key")
        for left in (2, 1, 0):
            answer = api.call("GET", "/v1/jobs/none") if left == 1 else api.submit(job("t"))
            self.assertEqual(("3", str(left)), (answer.headers["x-ratelimit-limit-hour"],
                                                answer.headers["x-ratelimit-remaining-hour"]), answer)
            self.assertEqual(("3", str(left)), (answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]))
            self.assertLessEqual(int(answer.headers["ratelimit-reset"]), 3600)
            self.assertNotIn("retry-after", answer.headers)
            self.assertNotIn("x-ratelimit-limit-day", answer.headers)
        answer = api.submit("not even a job")
        self.assertEqual(429, answer.status)
        self.assertLessEqual(int(answer.headers["retry-after"]), 3600)

    def test_guessing_is_slowed_down_by_address_and_right_keys_of_others_go_on(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        port, sections = listening(one=key_section("key"))
        self.stack.start_engine(sections)
        guesser = Api(port, "wrong")
        statuses = collections.Counter(guesser.submit(job("t")).status for _ in range(100))
        self.assertEqual({401, 429}, set(statuses))
        self.assertLess(statuses[401], 40)
        refused = guesser.submit(job("t"))
        self.assertGreater(int(refused.headers["retry-after"]), 0)
        self.assertEqual(202, Api(port, "key", source="127.0.0.2").submit(job("t")).status)


if __name__ == "__main__":
    unittest.main(verbosity=2)
