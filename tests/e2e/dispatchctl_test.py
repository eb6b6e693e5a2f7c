"""The command line, as people and scripts use it."""

import json
import unittest

from e2e.case import EndToEnd


class CommandLine(EndToEnd):
    providers = ("fcm", "apns")

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

    def dead_letter(self, redis, job, token, resume="", reason="retries"):
        document = json.dumps({"id": job, "tenant": "t1", "message": {"title": "T"},
                               "recipients": [{"platform": "android", "token": token}]})
        place = ("resume", resume, "lane", "bulk") if resume else ()
        return redis.command("XADD", self.stack.key("dead"), "*", "tenant", "t1", "job", document, "reason", reason,
                             "attempts", 5, "source_id", "1-0", "at", 1_800_000_000_000, *place)

    def test_a_job_is_cancelled_paused_and_resumed(self):
        with self.stack.redis() as redis:
            redis.command("HSET", self.stack.key("job:default:one"), "state", "running", "left", 3)
        paused = json.loads(self.stack.ctl("job", "pause", "one", "--json"))
        self.assertEqual((True, "paused", "running"), (paused["changed"], paused["state"], paused["before"]))
        self.assertIn("already paused", self.stack.ctl("job", "pause", "one"))
        self.assertIn("running", self.stack.ctl("job", "resume", "one"))
        self.assertIn("cancelled", self.stack.ctl("job", "cancel", "one"))
        self.assertEqual(1, self.stack.ctl("job", "cancel", "one", check=False)[0])
        self.assertEqual(1, self.stack.ctl("job", "pause", "absent", check=False)[0])
        self.assertIn("24 h", self.stack.ctl("job", "cancel", "absent"))
        self.assertEqual(2, self.stack.ctl("job", "pause", "no name", check=False)[0])
        with self.stack.redis() as redis:
            kinds = [fields["kind"] for _, fields in redis.stream(self.stack.key("control"))]
        self.assertEqual(["pause", "resume", "cancel", "cancel"], kinds)

    def test_lanes_and_breakers_are_told_what_to_do(self):
        self.stack.ctl("lane", "pause", "bulk")
        lanes = {lane["lane"]: lane for lane in json.loads(self.stack.ctl("lane", "ls", "--json"))}
        self.assertEqual((True, False), (lanes["bulk"]["paused"], lanes["high"]["paused"]))
        self.assertFalse(json.loads(self.stack.ctl("lane", "pause", "bulk", "--json"))["changed"])
        self.stack.ctl("lane", "resume", "bulk")
        self.assertEqual(2, self.stack.ctl("lane", "pause", "fast", check=False)[0])
        self.assertIn("forced_open", self.stack.ctl("breaker", "open", "fcm:default", "--reason", "maintenance"))
        self.assertIn("maintenance", self.stack.ctl("breaker", "ls"))
        self.assertIn("forced_closed", self.stack.ctl("breaker", "close", "fcm:default"))
        self.assertEqual("closed", json.loads(self.stack.ctl("breaker", "auto", "fcm:default", "--json"))["state"])
        self.assertEqual(2, self.stack.ctl("breaker", "open", "fmc:default", check=False)[0])
        origin = "webhook:default:https://[2001:db8::1]:8443"
        self.assertIn("forced_open", self.stack.ctl("breaker", "open", origin))
        states = {each["scope"]: each["state"] for each in json.loads(self.stack.ctl("breaker", "ls", "--json"))}
        self.assertEqual("forced_open", states[origin])
        self.assertIn(origin, self.stack.ctl("breaker", "ls"))
        self.assertEqual("closed", json.loads(self.stack.ctl("breaker", "auto", origin, "--json"))["state"])

    def test_dead_recipients_go_back_to_their_jobs(self):
        with self.stack.redis() as redis:
            redis.command("HSET", self.stack.key("job:t1:d"), "state", "done", "left", 0, "dead", 40, "created_at", 5)
            for number in range(40):
                self.dead_letter(redis, "d", f"token-{number}", resume=f"1 5 h {number} 1x5")
            stray = self.dead_letter(redis, "e", "token-x")
        self.assertEqual(2, self.stack.ctl("dead", "redrive", check=False)[0])
        code, out, errors = self.stack.ctl("dead", "redrive", "--tenant", "t1", "--rate", 40, "--json", check=False)
        said = json.loads(out)
        self.assertEqual((1, 40, 40, 1), (code, said["moved"], said["recipients"], said["refused"]))
        self.assertEqual(stray, said["refusals"][0]["entry"])
        self.assertIn("--as-new", errors)
        with self.stack.redis() as redis:
            record = dict(zip(*[iter(redis.command("HGETALL", self.stack.key("job:t1:d")))] * 2))
            ready = redis.stream(self.stack.key("wait:ready:bulk"))
        self.assertEqual(("running", "40", "0"), (record["state"], record["left"], record["dead"]))
        self.assertEqual([f"1 5 h {number} 1x0" for number in range(40)], [fields["resume"] for _, fields in ready])
        self.stack.ctl("dead", "redrive", stray, "--as-new", "--lane", "high")
        with self.stack.redis() as redis:
            ((_, fields),) = redis.stream(self.stack.key("jobs:high"))
            self.assertEqual(0, redis.command("XLEN", self.stack.key("dead")))
        self.assertNotIn("id", json.loads(fields["job"]))

    def test_a_purge_of_many_must_be_meant(self):
        with self.stack.redis() as redis:
            entries = [self.dead_letter(redis, "d", "x", reason=reason) for reason in ("a", "a", "a", "b", "c")]
        code, _, errors = self.stack.ctl("dead", "purge", "--reason", "a", check=False)
        self.assertEqual(2, code)
        self.assertIn("3 dead letters", errors)
        self.assertEqual(3, json.loads(self.stack.ctl("dead", "purge", "--reason", "a", "--yes", "--json"))["purged"])
        self.assertIn("1 ", self.stack.ctl("dead", "purge", entries[3]))
        self.assertEqual(1, self.stack.ctl("dead", "purge", entries[3], check=False)[0])
        self.assertEqual(["c"], [letter["reason"] for letter in json.loads(self.stack.ctl("dead", "ls", "--json"))])


if __name__ == "__main__":
    unittest.main()
