"""Redis killed, frozen and paused under load, and providers that misbehave under load."""

import random
import signal
import time

from e2e.process import rss_bytes, wait_until

from .audit import Audit, pushes
from .feeder import Feeder
from .kills import ENDED_S, finish
from .result import Result
from .rig import W, Rig
from .work import MIXED, Work

RESUME_S = 2.0
DELAY_MS = 40


def redis_killed(options):
    """Redis with `appendfsync always` gets SIGKILL and comes back a second later."""
    times = 2 if options.short else 10
    least = options.recipients or 40_000 * times
    result = Result("redis", kills=times)
    # Long leases: this is about what Redis and the engine keep, not about who owns it.
    sections = {"engine": {"lease": "15s", "takeover_scan": "1s"}}
    work = Work(options.seed, MIXED)
    dice = random.Random(options.seed)
    always = ("--appendfsync", "always")
    with Rig(options, result, sections=sections, redis=always) as rig:
        rig.delay(DELAY_MS)
        # All of it is stored before: a job whose XADD was not answered is not the engine's to keep.
        while work.recipients < least:
            rig.store(work.mixed())
        rig.start()
        steps = [least * (at + 1) // (times + 2) for at in range(times)]
        redis = rig.stack.processes[0]
        wait_until(lambda: rig.taken() >= min(steps[0], 8_000), 60, "load")
        memory = [rss_bytes(seat.process.pid) for seat in rig.seats]
        resumed, outages = [], []
        for step in steps:
            wait_until(lambda: rig.taken() >= step, 120, "load")
            redis.kill()
            gone = time.time() * 1000
            rig.stack.processes.remove(redis)
            time.sleep(dice.uniform(0.5, 1.5))
            redis = rig.stack.start_redis(*always)
            answered = time.time() * 1000
            resumed.append(answered)
            outages.append((gone, answered))
            quiet = rig.taken()
            wait_until(lambda: rig.taken() > quiet + 2 * W, 30, "work again after Redis's restart")
        after = [rss_bytes(seat.process.pid) for seat in rig.seats]
        result.problems += rig.wait_ended(work, 120)
        finish(result, rig, work)
        waits = [_first_after(rig.stack.ledger.path, at) for at in resumed]
        worst = max(waits)
        blind = [_started(rig.stack.ledger.path, *each) for each in outages]
        result.notes.append(f"started while Redis was away: {blind}")
        result.require(max(blind) <= 2 * W, f"{max(blind)} started unconfirmed while Redis was away, {2 * W} allowed")
        result.notes.append("first sends after Redis answered: " + ", ".join(f"{wait:.2f} s" for wait in waits))
        result.require(worst <= RESUME_S, f"resumed {worst:.1f} s after Redis answered, {RESUME_S:g} allowed")
        for seat, before, now in zip(rig.seats, memory, after):
            result.notes.append(f"{seat.consumer}: {before >> 20} MB before, {now >> 20} MB after")
            result.require(now <= before * 1.25 + (16 << 20), f"{seat.consumer} grew from {before >> 20} to {now >> 20} MB")
            result.require(seat.process.alive(), f"{seat.consumer} ended with {seat.process.code()}")
    return result


def _first_after(path, at_ms):
    """Seconds from then to the first request that began afterwards."""
    starts = [float(line.split(b"\t", 1)[0]) for *_, line in pushes(path)]
    return (min((start for start in starts if start > at_ms), default=at_ms + 1e9) - at_ms) / 1000


def _started(path, begin, end):
    """Requests that began meanwhile."""
    return sum(1 for *_, line in pushes(path) if begin < float(line.split(b"\t", 1)[0]) < end)


def redis_outages(options):
    """Redis kills connections, pauses clients, is frozen and is restarted, all longer than a lease; nobody loses his."""
    times = options.kills or (8 if options.short else 40)
    least = options.recipients or 6_000 * times
    result = Result("redis-outages", kills=times)
    work = Work(options.seed, MIXED)
    dice = random.Random(options.seed)
    always = ("--appendfsync", "always")
    with Rig(options, result, seats=3, redis=always) as rig:
        # So slow that the work lasts as long as the faults do.
        rig.delay(250)
        while work.recipients < least:
            rig.store(work.mixed())
        rig.start()
        faults = [_kill_clients, _kill_some_clients, _pause_all, _pause_writes, _freeze, _restart]
        said = []
        for at in range(times):
            step = least * (at + 1) // (times + 2)
            wait_until(lambda: rig.taken() >= step, 120, "load")
            if at % len(faults) == 0:
                dice.shuffle(faults)
            # Half of them longer than a lease, some longer than a command may take (5 s).
            seconds = dice.choice((dice.uniform(0.2, 1), dice.uniform(1, 3))) if options.short else dice.uniform(0.5, 10)
            begin = time.monotonic()
            said.append(faults[at % len(faults)](rig, dice, seconds, always))
            quiet = rig.taken()
            wait_until(lambda: rig.taken() > quiet + 100, 30, f"work again after {said[-1]}")
            said[-1] += f" {time.monotonic() - begin:.1f} s"
        rig.delay(0)
        result.problems += rig.wait_ended(work, 120)
        result.notes.append(", ".join(said))
        finish(result, rig, work)
        for seat in rig.seats:
            result.require(seat.process.alive(), f"{seat.consumer} ended with {seat.process.code()}")
            result.require(not seat.said("fenced", "giving_up"), f"{seat.consumer} was fenced")
    return result


def _kill_clients(rig, dice, _seconds, _options):
    """All connections, again and again."""
    with rig.stack.redis() as redis:
        for _ in range(dice.choice((1, 1, 5))):
            redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            time.sleep(dice.uniform(0, 0.2))
    return "CLIENT KILL"


def _kill_some_clients(rig, dice, _seconds, _options):
    with rig.stack.redis() as redis:
        mine = redis.command("CLIENT", "ID")
        for line in redis.command("CLIENT", "LIST").splitlines():
            fields = dict(part.split("=", 1) for part in line.split() if "=" in part)
            if int(fields["id"]) != mine and dice.random() < 0.5:
                redis.pipeline([("CLIENT", "KILL", "ID", fields["id"])])
    return "CLIENT KILL of some"


def _pause_all(rig, _dice, seconds, _options):
    with rig.stack.redis() as redis:
        redis.command("CLIENT", "PAUSE", int(seconds * 1000), "ALL")
    time.sleep(seconds)
    return "CLIENT PAUSE"


def _pause_writes(rig, _dice, seconds, _options):
    with rig.stack.redis() as redis:
        redis.command("CLIENT", "PAUSE", int(seconds * 1000), "WRITE")
    time.sleep(seconds)
    return "CLIENT PAUSE WRITE"


def _freeze(rig, _dice, seconds, _options):
    redis = rig.stack.redis_process()
    redis.send(signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        redis.send(signal.SIGCONT)
    return "SIGSTOP"


def _restart(rig, dice, seconds, options):
    redis = rig.stack.redis_process()
    if dice.random() < 0.5:
        redis.kill()
    else:
        redis.stop()
    rig.stack.processes.remove(redis)
    time.sleep(seconds / 2)
    rig.stack.start_redis(*options)
    return "restart"


def provider_faults(options):
    """GOAWAY, dropped connections, resets, refused streams, 503 bursts and changing stream limits, one after another."""
    rounds = 2 if options.short else 20
    least = options.recipients or 30_000 * rounds
    result = Result("provider")
    # A burst opens the breaker for a second instead of 30; its failures are the test's, not the scope's.
    sections = {"breaker": {"open_for": "1s", "open_for_max": "2s"}, "retry": {"base": "200ms", "attempts": 8}}
    work = Work(options.seed, MIXED)
    dice = random.Random(options.seed)
    drops = []
    with Rig(options, result, seats=2, sections=sections) as rig:
        rig.delay(DELAY_MS)
        feeder = Feeder(rig, work, least).start()
        rig.start()

        def drop():
            begin = time.time() * 1000
            rig.stack.control("/drop")
            drops.append((begin, time.time() * 1000))
        def order(path, **body):
            return lambda: rig.stack.control(path, body=body)
        faults = [
            ("GOAWAY all", order("/goaway", last="all")),
            ("GOAWAY half", order("/goaway", last="half")),
            ("GOAWAY none", order("/goaway", last="none")),
            ("drop", drop),
            ("reset", order("/faults", provider="fcm", reset=True, share=0.3, seconds=0.4)),
            ("refuse", order("/faults", provider="apns", refuse=True, share=0.3, seconds=0.4)),
            ("503", order("/faults", provider="all", status=503, share=0.9, seconds=0.4)),
            ("3 streams", order("/settings", max_concurrent_streams=3)),
            ("100 streams", order("/settings", max_concurrent_streams=100)),
        ]
        for _ in range(rounds):
            dice.shuffle(faults)
            for name, fault in faults:
                taken = rig.taken()
                fault()
                wait_until(lambda: rig.taken() >= taken + 500, 30, f"sends after {name}")
        rig.stack.control("/settings", body={"max_concurrent_streams": 100})
        rig.stack.control("/faults", "DELETE")
        feeder.stop()
        result.problems += rig.wait_ended(work, ENDED_S)
        # The bound comes from the ledger itself: every repeat needs an answer that never arrived.
        result.recipients = work.recipients
        audit = Audit(rig.stack, work)
        unknown, unexplained = _explain(audit, drops)
        result.bound = unknown
        result.count(audit)
        result.require(not unexplained, f"{len(unexplained)} recipients repeated without an unknown answer, "
                                        f"e.g. {unexplained[:3]}")
        left = rig.leftovers()
        result.require(not left, f"left in Redis: {left}")
        result.notes.append(f"{rounds * len(faults)} faults, {len(drops)} of them dropped connections; "
                            f"{audit.rows.unanswered} requests unanswered")
    return result


def _explain(audit, drops):
    """(repeats that had an unknown answer before, recipients whose repeats had none). The ledger has what a dropped
    connection was to answer: its time is the request's, its answer was due DELAY_MS later."""
    last = audit.rows.last_starts()

    def unanswered(row):
        return any(begin - DELAY_MS - 400 <= row.at_ms <= end + 100 and last[row.connection] <= end + 100
                   for begin, end in drops)
    explained, unexplained = 0, []
    for number, rows in audit.rows.of(audit.rows.repeated).items():
        good = [row for row in rows if 200 <= row.status < 300 or row.status in (404, 410)]
        if sum(1 for row in good if unanswered(row)) >= len(good) - 1:
            explained += len(good) - 1
        else:
            unexplained.append((number, [(round(row.at_ms), row.status, row.connection) for row in rows]))
    return explained, unexplained
