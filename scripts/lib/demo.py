#!/usr/bin/env python3
"""scripts/demo after the build: a private Redis, the sandbox and the engine; a load; a report; nothing left behind."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support"))
from e2e.process import started_at, unwind_on_signals, wait_until  # noqa: E402
from e2e.stack import Stack  # noqa: E402

import demo_report  # noqa: E402
from screen import ProgressBar, number, paint  # noqa: E402

BULK_SIZE = 500
HIGH_RATE = 200
TENANTS = 3
# Of 100,000: 10,000 and more by each channel.
PLATFORMS = "android:40,ios:20,web:16,email:12,webhook:12"
BROWSERS = 1_000  # at each of two push services
# What is tried again is tried again soon, or the demo would wait for the standard's five minutes.
WEBHOOK_SCHEDULE = ["200ms", "1s", "5s", "30s", "2m"]
FAULTS = ("--dead", 0.005, "--flaky503", 0.005, "--flaky429", 0.002)
STATE_FILE = "demo.json"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=(
        "Builds the project, starts a private Redis, pretended providers and the engine, sends a realistic mix of "
        "notifications, reports, and removes every trace. Exit code 0 only when every notification is accounted for "
        "and every target was met."))
    parser.add_argument("--recipients", type=int, default=100_000, metavar="N", help="notifications in all (default 100000)")
    parser.add_argument("--jobs", type=int, metavar="N", help="jobs they come in (default: a third as many)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same jobs (default 1)")
    parser.add_argument("--keep", action="store_true", help="leave everything running and print the addresses")
    parser.add_argument("--stop", metavar="DIR", help="end what --keep left running, and remove DIR")
    args = parser.parse_args()
    if args.jobs is None:
        args.jobs = max(1, args.recipients // 3)
    if args.recipients < 1 or not 1 <= args.jobs <= args.recipients:
        parser.error("--recipients must be at least 1, --jobs between 1 and --recipients")
    return args


class Plan:
    """How many jobs of which kind make up the recipients asked for."""

    def __init__(self, recipients, jobs):
        # Each bulk job holds this many recipients more than a single one would.
        self.bulk = (recipients - jobs) // (BULK_SIZE - 1)
        singles = recipients - self.bulk * BULK_SIZE
        self.high = min(singles, max(recipients // 100, 100), 6_000)
        self.normal = singles - self.high

    def loads(self, seed, directory, recipients):
        """Arguments for dispatchctl load, by lane. Jobs have ids, so that each has a record to be counted."""
        common = (*recipients, "--with-id", "--tenants", TENANTS, "--quiet", "--json", "--seed")
        all_loads = {
            "high": (self.high, 1, ("--rate", HIGH_RATE)),
            "normal": (self.normal, 1, FAULTS),
            "bulk": (self.bulk, BULK_SIZE, FAULTS),
        }
        for at, (lane, (jobs, recipients, extra)) in enumerate(all_loads.items()):
            if jobs > 0:
                yield lane, ("load", "--lane", lane, "--jobs", jobs, "--recipients", recipients, *extra, *common,
                             seed + at, "--id-prefix", f"demo-{lane}", "--record", directory / f"{lane}.tsv")


def answered(stats):
    """Notifications that got their last answer, as the sandbox counts them; 503 and 429 are tried again."""
    return sum(count for status, count in stats["by_status"].items() if status.startswith("2") or status in ("404", "410", "550"))


def channel_sections(stack):
    """All channels at once: browsers, mailboxes and webhooks beside the stores' devices."""
    found = stack.endpoints
    trust = {"ca_file": found["ca_file"]}
    mail = {key: found["smtp"][key] for key in ("endpoint", "username", "password_file")}
    return {"platforms": {"web": "webpush", "email": "smtp", "webhook": "webhook"},
            "webpush.default": {**found["webpush"], **trust},
            "smtp.default": {**mail, **trust, "from": "Duru Notes <notes@duru.example>"},
            "webhook.default": {"schedule": WEBHOOK_SCHEDULE}}


def recipients_of(stack):
    """Who dispatchctl load is to send to, as its arguments."""
    here = stack.endpoints["https"]
    browsers = []
    for origin in (here, here.replace("127.0.0.1", "localhost")):
        browsers += stack.control("/subscriptions", body={"count": BROWSERS, "origin": origin})["subscriptions"]
    file = stack.directory / "subscriptions.json"
    file.write_text(json.dumps(browsers))
    return ("--platforms", PLATFORMS, "--subscriptions", file, "--mail-domain", "mail.example",
            "--webhook-url", stack.endpoints["webhook"]["url"])


def run_load(stack, args):
    """Starts all lanes' loads beside each other and follows them to the end. Answers seconds from start to end."""
    plan = Plan(args.recipients, args.jobs)
    print(f"Sending {number(args.recipients)} notifications: {number(plan.bulk)} bulk jobs of {BULK_SIZE}, "
          f"{number(plan.normal)} single ones, {number(plan.high)} urgent ones at {HIGH_RATE}/s beside them")
    started = time.monotonic()
    loaders = [stack.start(f"load-{lane}", stack.ctl_argv(*arguments))
               for lane, arguments in plan.loads(args.seed, stack.directory, recipients_of(stack))]
    issued = stack.control("/stats", "GET")["tokens_issued"]
    bar = ProgressBar("sent", args.recipients)
    engine = stack.engines[0]

    def all_ended():
        for loader in loaders:
            if loader.code() not in (None, 0):
                raise RuntimeError(f"{loader.name} failed:\n{loader.tail()}")
        if not engine.process.alive():
            raise RuntimeError(f"dispatchd ended with {engine.process.code()}:\n{engine.process.tail()}")
        stats = stack.control("/stats", "GET")
        # Answers to requests for access tokens are 2xx as well.
        done = answered(stats) - (stats["tokens_issued"] - issued)
        bar.show(min(done, args.recipients), f"{number(stats['by_status'].get('503', 0))} answered 503")
        return (all(not loader.alive() for loader in loaders)
                and engine.metrics().sum("dispatch_notifications_total") >= args.recipients)

    wait_until(all_ended, 120 + args.recipients / 100, "all notifications ended", every=0.2)
    elapsed = time.monotonic() - started
    bar.finish(args.recipients)
    with stack.redis() as redis:
        wait_until(lambda: stack.lanes_empty(redis), 30, "all lanes acknowledged")
    stack.processes = [process for process in stack.processes if process not in loaders]
    return elapsed


def save_state(stack):
    processes = [{"name": process.name, "pid": process.pid, "started": started_at(process.pid)}
                 for process in stack.processes]
    (stack.directory / STATE_FILE).write_text(json.dumps(processes))


def stop_kept(directory):
    """Ends what an earlier --keep left. A pid that another process got meanwhile is left alone."""
    folder = pathlib.Path(directory)
    try:
        processes = json.loads((folder / STATE_FILE).read_text())
    except (OSError, ValueError):
        print(f"{folder} is not a directory that scripts/demo --keep left", file=sys.stderr)
        return 2
    for process in reversed(processes):
        def gone(process=process):
            return started_at(process["pid"]) != process["started"]
        if not gone():
            os.kill(process["pid"], signal.SIGTERM)
            wait_until(gone, 40, f"{process['name']} ended")
    shutil.rmtree(folder)
    print("stopped")
    return 0


def print_addresses(stack, engine):
    control = stack.endpoints["control"]
    print(f"""
Left running in {stack.directory}:
  Redis      {stack.redis_url}  (namespace {stack.namespace})
  engine     {engine.admin}/metrics  /healthz  /readyz
  sandbox    {stack.endpoints['https']}, commands {control}/stats, ledger {stack.endpoints['ledger']}
Try
  build/release/bin/dispatchctl --redis {stack.redis_url} send --token abc --title Hello --body "A note changed"
  build/release/bin/dispatchctl --redis {stack.redis_url} job ls
  build/release/bin/dispatchctl --redis {stack.redis_url} load --jobs 100000
Stop it with
  scripts/demo --stop {stack.directory}""")


def run_demo(args):
    with Stack(outlive=args.keep, providers=("fcm", "apns")) as stack:
        stack.start_redis()
        stack.start_sandbox()
        engine = stack.start_engine(channel_sections(stack))
        elapsed = run_load(stack, args)
        stack.control("/ledger/flush")
        good = demo_report.report(stack, engine, args.recipients, elapsed)
        if args.keep:
            save_state(stack)
            print_addresses(stack, engine)
            stack.leave()
        return 0 if good else 1


def main():
    args = parse_arguments()
    if args.stop:
        return stop_kept(args.stop)
    unwind_on_signals()
    try:
        return run_demo(args)
    except KeyboardInterrupt:
        print("\ninterrupted; everything is stopped and removed", file=sys.stderr)
    except (RuntimeError, TimeoutError) as error:
        print(paint(f"\nscripts/demo: {error}", "bad"), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
