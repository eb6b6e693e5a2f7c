"""The command line, as people and scripts use it."""

import json
import unittest

from e2e.case import EndToEnd


class CommandLine(EndToEnd):
    def setUp(self):
        super().setUp()
        self.stack.start_redis()

    def test_a_job_is_sent_watched_and_listed(self):
        self.stack.start_sandbox()
        self.stack.start_engine()
        said = self.stack.ctl("send", "--id", "hello", "--token", "abc", "--title", "Hi {{name}}", "--var", "name=Ada")
        self.assertEqual("hello\n", said)
        watched = json.loads(self.stack.ctl("--json", "job", "watch", "hello", "--timeout", 20))
        self.assertEqual(("done", 1, 1), (watched["state"], watched["total"], watched["outcomes"]["delivered"]))
        self.assertIn("delivered", self.stack.ctl("job", "status", "hello"))
        self.assertEqual(["hello"], [job["id"] for job in json.loads(self.stack.ctl("job", "ls", "--json"))])

    def test_a_document_comes_from_standard_input_and_its_id_from_the_lane(self):
        document = {"message": {"body": "x"}, "recipients": [{"platform": "ios", "token": "a" * 64}]}
        answer = json.loads(self.stack.ctl("send", "--file", "-", "--lane", "high", "--json", text=json.dumps(document)))
        with self.stack.redis() as redis:
            ((entry, fields),) = redis.stream(self.stack.key("jobs:high"))
        self.assertEqual((f"high-{entry}", entry), (answer["id"], answer["entry"]))
        self.assertEqual(document, json.loads(fields["job"]))

    def test_what_the_engine_would_refuse_is_refused_with_its_place(self):
        code, out, errors = self.stack.ctl("send", "--token", "abc", "--title", "x", "--expires-at", "soon", check=False)
        self.assertEqual((2, ""), (code, out))
        self.assertIn("/expires_at", errors)
        with self.stack.redis() as redis:
            self.assertEqual(0, redis.command("XLEN", self.stack.key("jobs")))

    def test_wrong_usage_is_2_and_failure_is_1(self):
        for arguments in (("send", "--lane", "fast"), ("nonsense",), (), ("load", "--recipients", 0),
                          ("--password-file", "/nonexistent", "lane", "ls")):
            self.assertEqual(2, self.stack.ctl(*arguments, check=False)[0], arguments)
        self.assertEqual(1, self.stack.ctl("job", "status", "absent", check=False)[0])
        self.stack.processes[0].stop()
        self.assertEqual(1, self.stack.ctl("lane", "ls", check=False)[0])

    def test_a_load_is_the_same_for_the_same_seed(self):
        arguments = ("load", "--jobs", 50, "--recipients", 3, "--seed", 5, "--dead", 0.1, "--quiet", "--json")
        first = json.loads(self.stack.ctl(*arguments))
        self.stack.ctl(*arguments, "--lane", "bulk")
        self.assertEqual((50, 150, True), (first["jobs"], first["recipients"], first["complete"]))
        with self.stack.redis() as redis:
            normal, bulk = ([fields["job"] for _, fields in redis.stream(self.stack.key(lane))]
                            for lane in ("jobs", "jobs:bulk"))
        self.assertEqual(normal, bulk)

    def test_a_paced_load_keeps_its_pace(self):
        answer = json.loads(self.stack.ctl("load", "--jobs", 200, "--rate", 200, "--quiet", "--json"))
        self.assertGreaterEqual(answer["elapsed_ms"], 990)
        self.assertLess(answer["elapsed_ms"], 2_000)

    def test_lanes_breakers_and_dead_letters_are_shown_without_tokens(self):
        token = "secret-token-of-a-phone"
        document = json.dumps({"recipients": [{"platform": "android", "token": token}], "message": {"title": "T"}})
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", "{}")
            entry = redis.command("XADD", self.stack.key("dead"), "*", "tenant", "t1", "job", document, "reason",
                                  "retries", "detail", "http_503", "attempts", 5, "source_id", "1-0", "at", 1_800_000_000_000)
            redis.command("HSET", self.stack.key("breaker:fcm:default"), "state", "open", "failures", 5,
                          "opened_at", 1_800_000_000_000, "retry_at", 1_800_000_030_000, "reason", "http_503")
        lanes = {lane["lane"]: lane for lane in json.loads(self.stack.ctl("lane", "ls", "--json"))}
        self.assertEqual((1, 0), (lanes["normal"]["depth"], lanes["normal"]["pending"]))
        self.assertIn("fcm:default", self.stack.ctl("breaker", "ls"))
        self.assertIn("http_503", self.stack.ctl("dead", "ls"))
        self.assertEqual([], json.loads(self.stack.ctl("dead", "ls", "--json", "--tenant", "t2")))
        shown = self.stack.ctl("dead", "show", entry)
        self.assertIn("sha256:", shown)
        self.assertNotIn(token, shown)
        self.assertEqual(document, self.stack.ctl("dead", "show", entry, "--raw").strip())


if __name__ == "__main__":
    unittest.main()
