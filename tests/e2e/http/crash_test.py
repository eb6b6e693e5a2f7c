"""kill -9 while producers hand jobs in and try again: what was accepted is there, once."""

import random
import threading
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, job, key_section, listening
from e2e.process import wait_until

JOBS = 20_000
CLIENTS = 8
KILLS = 4
IN_FLIGHT = 64


class Crash(EndToEnd):
    providers = ("fcm",)

    def produce(self, port, client, accepted):
        """Every job of this client's share until it is accepted, as a producer with a retry loop does it."""
        api = Api(port, "key")
        for number in range(client, JOBS, CLIENTS):
            document = job(f"device-{number}", id=f"job-{number}")
            while not self.over.is_set():
                try:
                    answer = api.submit(document)
                except ConnectionError:
                    self.over.wait(0.01)
                    continue
                if answer.status == 202:
                    break
                if answer.status != 503 or "retry-after" not in answer.headers:
                    self.strange.append(answer)
                    return
            accepted[client] += 1
        api.close()

    def test_no_accepted_job_is_lost_and_each_id_is_one_job(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        port, sections = listening(one=key_section("key", **NO_LIMITS))
        sections["engine"] = {"lease": "1s", "takeover_scan": "200ms", "max_in_flight": IN_FLIGHT}
        engine = self.stack.start_engine(sections)
        accepted, self.strange, self.over = [0] * CLIENTS, [], threading.Event()
        self.addCleanup(self.over.set)
        threads = [threading.Thread(target=self.produce, args=(port, client, accepted)) for client in range(CLIENTS)]
        for thread in threads:
            thread.start()
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        for kill in range(KILLS):
            least = JOBS * (kill + dice.random()) / (KILLS + 1)
            wait_until(lambda: sum(accepted) >= least or self.strange, 120, f"{least:.0f} jobs accepted, seed {seed}")
            engine.process.kill()
            engine = self.stack.start_engine(sections)
        for thread in threads:
            thread.join(120)
        self.assertEqual([], self.strange)
        self.assertEqual(JOBS, sum(accepted), f"seed {seed}")
        jobs = self.wait_jobs_ended(JOBS, 120)
        with self.stack.redis() as redis:
            info = redis.command("XINFO", "STREAM", self.stack.key("jobs"))
        self.assertEqual(JOBS, dict(zip(info[::2], info[1::2]))["entries-added"])
        self.assertEqual(JOBS, len(jobs))
        self.assertEqual({("done", 1, 1)}, {(each["state"], each["total"], each["delivered"]) for each in jobs})
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        self.assertEqual(JOBS, len(self.stack.ledger.keys()))
        # Each kill may repeat what was being sent (promise 3), and nothing else does.
        self.assertLessEqual(len(self.stack.ledger.rows), JOBS + KILLS * IN_FLIGHT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
