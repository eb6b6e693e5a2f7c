#!/usr/bin/env python3
"""scripts/chaos after the build; with --short, what scripts/test runs."""

import argparse
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "support")]
from chaos import cancels, kills, orderly, orders, outages  # noqa: E402
from chaos.result import Result, table  # noqa: E402
from e2e.process import unwind_on_signals  # noqa: E402

SCENARIOS = {
    "kills": kills.kill_loop,
    "audience": kills.audience,
    "zombie": kills.zombie,
    "redis": outages.redis_killed,
    "redis-outages": outages.redis_outages,
    "provider": outages.provider_faults,
    "rolling": orderly.rolling,
    "poison": orders.poison,
    "cancel": cancels.cancel,
    "cancel-kill": cancels.cancel_and_kill,
    "long-job": orderly.long_job,
    "fault-free": orderly.fault_free,
    "memory": orderly.memory,
    "waiting": orders.waiting,
}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=(
        "Kills, freezes and starves running engines and counts what the provider got. Exit code 0 only when nothing was "
        "lost, nothing repeated beyond its bound, and every counter agrees with the provider's ledger."))
    parser.add_argument("--kills", type=int, metavar="N", help="kills of the kill loop (default 300, short 20) and of others that kill")
    parser.add_argument("--seed", type=int, help="of jobs, victims and moments (default: a new one, printed)")
    parser.add_argument("--recipients", type=int, metavar="N",
                        help="at least so many recipients, instead of each scenario's own")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, metavar="NAME",
                        help="only this one, may be given again: " + ", ".join(SCENARIOS))
    parser.add_argument("--short", action="store_true", help="the form scripts/test runs")
    parser.add_argument("--keep", action="store_true", help="keep logs, ledger and Redis's files")
    args = parser.parse_args()
    for name in ("kills", "recipients"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(1 << 31)
    return args


def run(name, args):
    begin = time.monotonic()
    try:
        result = SCENARIOS[name](args)
    except (RuntimeError, TimeoutError, OSError) as problem:
        # What was found until then; a problem before or after the rig's life has none.
        result = getattr(problem, "result", None) or Result(name, problems=[f"{type(problem).__name__}: {problem}"])
    result.seconds = time.monotonic() - begin
    for note in result.notes:
        print(f"  {note}")
    for problem in result.problems:
        print(f"  PROBLEM {problem}")
    return result


def main():
    args = parse_arguments()
    unwind_on_signals()
    print(f"seed {args.seed}", flush=True)
    results = []
    try:
        for name in args.scenario or SCENARIOS:
            print(f"{name}: {SCENARIOS[name].__doc__.splitlines()[0]}", flush=True)
            results.append(run(name, args))
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted; everything is stopped and removed", file=sys.stderr)
        return 1
    print(f"\n{table(results)}\n\nseed {args.seed}")
    return 0 if all(each.passed for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
