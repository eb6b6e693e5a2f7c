"""What programs print: never lost with exit code 0, and never a byte that steers a terminal."""

import json
import os
import pty
import subprocess
import unittest

from e2e.case import EndToEnd
from e2e.process import free_port
from e2e.stack import program

# What terminals obey: C0 (CSI, OSC, backspace, carriage return), DEL, C1 as UTF-8 and as single bytes, and directions.
HOSTILE = b"x\x1b[2J\x1b]0;owned\x07\x08\r\x7f\xc2\x9b31m\x9b31m\xc2\x85\xe2\x80\xae\xe2\x81\xa6y"
FORBIDDEN = {*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)} - {9, 10}


class LostOutput(EndToEnd):
    def setUp(self):
        self.stack.start_redis()
        self.redis_option = ("--redis", self.stack.redis_url)
        config = self.stack.write_config("c", {"redis": {"url": self.stack.redis_url}})
        ctl = [program("dispatchctl"), *self.redis_option]
        self.commands = [
            [*ctl, *args] for args in (
                ("key", "new"), ("key", "new", "--json"), ("lane", "ls"), ("lane", "ls", "--json"), ("breaker", "ls"),
                ("job", "ls"), ("dead", "ls"), ("hygiene", "ls"), ("endpoint", "ls"), ("vapid", "keygen"),
                ("send", "--token", "t", "--title", "T"), ("send", "--token", "t", "--title", "T", "--json"),
                ("load", "--jobs", "1", "--quiet"), ("load", "--jobs", "1", "--json"), ("lane", "pause", "bulk"),
                ("breaker", "open", "fcm:default"), ("dead", "purge", "--all"), ("dead", "redrive", "--all"),
                ("job", "cancel", "j"), ("hygiene", "forget", "fcm:default"), ("--help",), ("--version",), ("send", "--help"))]
        self.commands += [[program("dispatchd"), "--config", str(config), "--print-config"],
                          [program("dispatchd"), "--help"], [program("dispatchd"), "--version"],
                          [program("dispatch-sandbox"), "--help"], [program("dispatch-sandbox"), "--version"]]

    def codes(self, stdout, **more):
        return {" ".join(argv): subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=stdout, timeout=60, check=False,
                                               stderr=subprocess.DEVNULL, **more).returncode for argv in self.commands}

    def test_all_of_them_succeed_when_they_are_heard(self):
        self.assertEqual({0}, set(self.codes(subprocess.DEVNULL).values()))

    def test_a_full_disk_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual({}, {name: code for name, code in self.codes(full).items() if code != 1})

    def test_a_closed_pipe_is_a_failure(self):
        # With SIGPIPE as programs get it from a shell (they end by it), and ignored, as from many supervisors.
        for restored in (True, False):
            reader, writer = os.pipe()
            os.close(reader)
            try:
                codes = self.codes(writer, restore_signals=restored)
            finally:
                os.close(writer)
            self.assertEqual({}, {name: code for name, code in codes.items() if code == 0})

    def test_no_standard_output_at_all_is_a_failure(self):
        # The connection to Redis must not take its place.
        self.commands = [argv for argv in self.commands if "dispatch-sandbox" not in argv[0]]
        codes = self.codes(subprocess.DEVNULL, preexec_fn=lambda: os.close(1))
        self.assertEqual({}, {name: code for name, code in codes.items() if code != 1})

    def test_a_query_in_a_url_of_redis_is_refused_everywhere(self):
        for query in ("?db=3", "/0?password=geheim", "#3"):
            url = self.stack.redis_url + query
            for argv, code in (([program("dispatchctl"), "--redis", url, "send", "--token", "t", "--title", "T"], 2),
                               ([program("dispatchd"), "--print-config"], 78)):
                done = subprocess.run(argv, capture_output=True, timeout=20, check=False,
                                      env={**os.environ, "DISPATCHD_REDIS__URL": url})
                self.assertEqual((code, b""), (done.returncode, done.stdout), argv)
                self.assertNotIn(b"geheim", done.stderr)
        with self.stack.redis() as redis:
            self.assertEqual(0, redis.command("EXISTS", self.stack.key("jobs")))


class Terminals(EndToEnd):
    def setUp(self):
        self.stack.start_redis()
        with self.stack.redis() as redis:
            key = self.stack.key
            redis.command("HSET", key("job:default:") .encode() + HOSTILE, "state", HOSTILE, "lane", HOSTILE, "total", HOSTILE)
            redis.command("HSET", key("breaker:").encode() + HOSTILE, "state", HOSTILE, "reason", HOSTILE, "failures", 1)
            redis.command("XADD", key("withheld:").encode() + HOSTILE, "*", "token", HOSTILE)
            redis.command("HSET", key("endpoints"), HOSTILE, HOSTILE)
            document = b'{"message":{"title":"' + HOSTILE.replace(b"\x1b", b"\\u001b").replace(b"\x07", b"").replace(
                b"\x08", b"").replace(b"\r", b"").replace(b"\x9b31m", b"", 2) + b'"}}'
            for body in (HOSTILE, document):
                self.dead = redis.command("XADD", key("dead"), "*", "tenant", HOSTILE, "reason", HOSTILE, "detail", HOSTILE,
                                          "source_id", HOSTILE, "attempts", HOSTILE, "at", 1, "job", body)

    def assert_harmless(self, output, argv):
        text = output.decode()  # UTF-8, or this fails
        self.assertEqual([], sorted({hex(ord(c)) for c in text if ord(c) in FORBIDDEN}), (argv, output))

    def test_no_field_of_redis_steers_one(self):
        hostile = HOSTILE.decode("utf-8", "surrogateescape")
        for args in (("job", "ls"), ("job", "status", hostile), ("job", "watch", hostile, "--timeout", "1"), ("breaker", "ls"),
                     ("hygiene", "ls"), ("endpoint", "ls"), ("endpoint", "ls", "--urls"), ("dead", "ls"), ("dead", "show", self.dead),
                     ("dead", "redrive", self.dead), ("job", "cancel", hostile), ("job", "pause", hostile),
                     ("breaker", "auto", "fcm:default"), ("lane", "pause", hostile), ("dead", "show", hostile),
                     (hostile,), ("--" + hostile,), ("send", "--token", hostile, "--title", "T"),
                     ("send", "--file", "/none/" + hostile), ("--password-file", "/none/" + hostile, "lane", "ls")):
            for form in ((), ("--json",)):
                done = subprocess.run(self.stack.ctl_argv(*args, *form), capture_output=True, timeout=20, check=False)
                for output in (done.stdout, done.stderr):
                    self.assert_harmless(output, args)
                if form and done.returncode == 0 and done.stdout:
                    json.loads(done.stdout)

    def test_a_raw_document_is_as_it_is_to_a_program_and_escaped_on_a_terminal(self):
        argv = self.stack.ctl_argv("dead", "show", self.dead, "--raw")
        plain = subprocess.run(argv, capture_output=True, timeout=20, check=True).stdout
        self.assertIn(b"\xc2\x85", plain)
        ours, theirs = pty.openpty()
        process = subprocess.Popen(argv, stdout=theirs)
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:
            pass
        process.wait(20)
        os.close(ours)
        self.assert_harmless(shown.replace(b"\r\n", b"\n"), argv)
        self.assertEqual(json.loads(plain.decode("utf-8", "replace")), json.loads(shown))

    def test_no_argument_of_the_sandbox_steers_one(self):
        hostile = HOSTILE.decode("utf-8", "surrogateescape")
        for args in (("--" + hostile,), ("--dir", str(self.stack.directory), "--host", hostile), ("--dir", "/dev/null/" + hostile)):
            done = subprocess.run([program("dispatch-sandbox"), *args], capture_output=True, timeout=20, check=False)
            self.assertNotEqual(0, done.returncode)
            self.assert_harmless(done.stderr, args)

    def test_no_configuration_and_no_log_steers_one(self):
        admin = free_port()
        path = self.stack.directory / "hostile.toml"
        path.write_bytes(b'[fcm."\\u001b[2J"]\nx = 1\n["\\u009b"]\n[log]\nlevel = "\xc2\x9b\xe2\x80\xae"\n')
        done = subprocess.run([program("dispatchd"), "--config", str(path)], capture_output=True, timeout=20, check=False)
        self.assertEqual(78, done.returncode)
        self.assert_harmless(done.stderr, "the errors of a configuration")
        path.write_bytes(b'[http]\nresponse_headers_add = ["X-A: \xc2\x9b31m\xe2\x80\xae"]\n')
        done = subprocess.run([program("dispatchd"), "--config", str(path), "--print-config"], capture_output=True, timeout=20,
                              check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assert_harmless(done.stdout, "--print-config")
        self.assertIn(b'"X-A: \\u009B31m\\u202E"', done.stdout)
        engine = self.stack.start_engine({"platforms": {"android": "none", "ios": "none", "web": "none"},
                                          "admin": {"listen": f"127.0.0.1:{admin}"}}, ready=False)
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", HOSTILE, "correlation_id", HOSTILE)
            redis.command("XADD", self.stack.key("control"), "*", "kind", HOSTILE, HOSTILE, HOSTILE)
        engine.process.stop()
        with open(engine.process.log, "rb") as file:
            self.assert_harmless(file.read(), "the log")


if __name__ == "__main__":
    unittest.main()
