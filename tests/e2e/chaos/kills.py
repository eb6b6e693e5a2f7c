"""Processes killed at random moments, and one that is frozen past its lease and wakes up."""

import bisect
import collections
import random
import time

from e2e.process import wait_until

from .audit import Audit
from .feeder import Feeder
from .result import Result
from .rig import LEASE_S, SCAN_S, W, Rig
from .watch import TakeOvers
from .work import MIXED, Work

ENDED_S = 60.0
# What a killed process wrote last may reach the sandbox that much later.
SETTLED_MS = 200
# What promise 4 allows; processes of the harness's own need a moment to start and to be seen.
TAKE_OVER_S = LEASE_S + SCAN_S + 1.0


def kill_loop(options):
    """Two processes, `kill -9` of either at random, restarted at once."""
    kills = options.kills or (20 if options.short else 300)
    least = options.recipients or (200_000 if options.short else max(200_000, kills * 4_000))
    pause = (0.3, 1.1) if options.short else (1.0, 5.0)
    result = Result("kills", kills=kills, bound=kills * W)
    dice = random.Random(options.seed)
    work = Work(options.seed, MIXED)
    with Rig(options, result) as rig, TakeOvers(rig) as watch:
        # So slow that the work lasts as long as the kills do.
        rig.delay(_delay(kills * sum(pause) / 2, least))
        feeder = Feeder(rig, work, least).start()
        rig.start()
        done, deaths = 0, []
        while done < kills:
            time.sleep(dice.uniform(*pause))
            # Now and then both at once: nobody is left to take over until they are back.
            both = dice.random() < 0.1 and done + 2 <= kills
            victims = rig.seats if both else [dice.choice(rig.seats)]
            for seat in victims:
                _kill(result, seat, watch)
            deaths.append((time.time() * 1000, len(victims)))
            for seat in victims:
                seat.start(ready=False)
            done += len(victims)
        last = time.monotonic()
        feeder.stop()
        rig.delay(0)
        left = ENDED_S - (time.monotonic() - last)
        result.problems += rig.wait_ended(work, left, "every job ended after the last kill")
        result.notes.append(f"everything done {time.monotonic() - last:.1f} s after the last kill")
        watch.wait(5)
        result.require(not watch.left, f"entries of dead processes left: {watch.left}")
        audit = finish(result, rig, work, watch)
        _require_per_kill(result, audit, deaths)
        result.require((watch.worst or 0) <= TAKE_OVER_S, f"a take-over took {watch.worst} s, {TAKE_OVER_S:g} allowed")
        if watch.worst_in_all:
            result.notes.append(f"worst take-over including takers that were killed: {watch.worst_in_all:.1f} s")
    return result


def _kill(result, seat, watch):
    code = seat.process.code()
    result.require(code is None, f"{seat.consumer} ended by itself with {code}: {seat.process.tail(3)}")
    seat.kill()
    watch.died(seat.consumer)


def audience(options):
    """One job whose recipients are in an audience list, sent through kills."""
    kills = options.kills or (6 if options.short else 60)
    count = options.recipients or (100_000 if options.short else 1_000_000)
    result = Result("audience", kills=kills, bound=kills * W)
    dice = random.Random(options.seed)
    work = Work(options.seed, MIXED)
    with Rig(options, result) as rig, TakeOvers(rig) as watch:
        job, recipients = work.audience(count, "everybody")
        rig.store_audience("everybody", recipients)
        rig.store([job])
        rig.delay(50)
        rig.start()
        deaths = []
        for at in range(kills):
            # By progress, not by time: each kill finds the job in another place.
            step = count * (at + 1) // (kills + 2)
            wait_until(lambda: _progress(rig, work) >= step, 60, f"{step} sent")
            time.sleep(dice.uniform(0, 0.1))
            _kill(result, rig.seats[at % 2], watch)
            deaths.append((time.time() * 1000, 1))
            rig.seats[at % 2].start(ready=False)
        rig.delay(0)
        result.problems += rig.wait_ended(work, 60 + count / 2_000)
        with rig.stack.redis() as redis:
            lists = redis.scan(rig.stack.key("audience:*")) + redis.scan(rig.stack.key("taken:*"))
        result.require(not lists, f"audience lists left: {lists}")
        _require_per_kill(result, finish(result, rig, work, watch), deaths)
    return result


def _require_per_kill(result, audit, deaths):
    """Every repeat belongs to a death, and none costs more than W. A connection dies with its process: its last request
    tells which death that was."""
    last = audit.rows.last_starts()
    times = [at + SETTLED_MS for at, _ in deaths]
    costs = collections.Counter()
    for rows in audit.rows.of(audit.rows.repeated).values():
        good = sorted(row for row in rows if 200 <= row.status < 300 or row.status in (404, 410))
        for row in good[:-1]:
            costs[bisect.bisect_left(times, last[row.connection])] += 1
    orphans = costs.pop(len(deaths), 0)
    result.require(not orphans, f"{orphans} repeats though the process that sent first was not killed")
    worst = max((costs[at] / deaths[at][1] for at in costs), default=0)
    result.notes.append(f"most repeats of one process killed: {worst:.0f}")
    for at, cost in costs.items():
        result.require(cost <= W * deaths[at][1], f"kill {at}: {cost} repeats, {W * deaths[at][1]} allowed")


def _progress(rig, work):
    """Notifications taken so far; a job that will never be sent is told at once."""
    with rig.stack.redis() as redis:
        if rig.states(redis, work.jobs) == [None] and rig.stack.lanes_empty(redis):
            raise RuntimeError("the job was acknowledged and left no record")
        for _, letter in redis.stream(rig.stack.key("dead")):
            raise RuntimeError(f"dead letter: {letter.get('reason')} {letter.get('detail')}")
    return rig.taken()


def zombie(options):
    """One of two is stopped (SIGSTOP) past its lease, the other takes over, then it wakes up."""
    times = 2 if options.short else 10
    least = options.recipients or 20_000 * times
    result = Result("zombie", kills=times, bound=times * W)
    dice = random.Random(options.seed)
    work = Work(options.seed, MIXED)
    with Rig(options, result) as rig, TakeOvers(rig) as watch:
        rig.delay(60)
        feeder = Feeder(rig, work, least).start()
        rig.start()
        slowest = 0.0
        for at in range(times):
            seat, other = rig.seats[at % 2], rig.seats[1 - at % 2]
            with rig.stack.redis() as redis:
                # Not always in the moment that follows a take-over: what was taken over shall get on as well.
                taken = rig.taken() + dice.randrange(1_000, 4_000)
                begin = time.monotonic()
                wait_until(lambda: rig.taken() >= taken, 60, "load")
                slowest = max(slowest, time.monotonic() - begin)
                wait_until(lambda: all(rig.pending(redis).get(each.consumer, 0) > 0 for each in rig.seats), 20,
                           "both processes at work", every=0.01)
            seat.freeze()
            watch.died(seat.consumer)
            watch.wait(TAKE_OVER_S + 10)
            result.require(not watch.left, f"{seat.consumer} frozen, not taken over: {watch.left}")
            _wake(result, rig, seat, other)
            if not seat.process.alive():
                seat.forget()
                seat.start()
            result.require(other.process.alive(), f"{other.consumer} ended with {other.process.code()}")
        result.notes.append(f"worst wait for the next 1,000 to 4,000 sends: {slowest:.1f} s")
        feeder.stop()
        rig.delay(0)
        result.problems += rig.wait_ended(work, ENDED_S)
        finish(result, rig, work, watch)
        result.require((watch.worst or 0) <= TAKE_OVER_S, f"a take-over took {watch.worst} s, {TAKE_OVER_S:g} allowed")
    return result


def _wake(result, rig, seat, other):
    """Lets it run again. Redis must refuse what it writes, it must say so before it ends, and the other must count it."""
    def counted():
        return other.engine.metrics().sum("dispatch_fenced_total")
    refused, lines, known = rig.fenced(), len(seat.said("fenced", "giving_up")), counted()
    seat.thaw()
    try:
        wait_until(lambda: not seat.process.alive(), 5, "its end", every=0.005)
    except TimeoutError:
        result.notes.append(f"{seat.consumer} lives on after it was fenced")
    refused = rig.fenced() - refused
    said = [line for line in seat.said("fenced", "giving_up")[lines:] if "fenced" in str(line)]
    result.require(refused > 0, f"{seat.consumer} woke up and Redis refused nothing of it")
    result.require(said, f"{seat.consumer} was refused and did not say so (exit code {seat.process.code()})")
    try:
        wait_until(lambda: counted() > known, 5, "dispatch_fenced_total", every=0.1)
    except TimeoutError as problem:
        result.problems.append(f"{seat.consumer} was fenced, and {other.consumer} does not show it: {problem}")
    else:
        result.require(counted() == known + 1, f"fenced_total rose from {known} to {counted()} for one process")
    result.notes.append(f"{seat.consumer} woke up: {refused} refused by Redis, exit code {seat.process.code()}, said "
                        f"{[line['event'] for line in said]}")


def finish(result, rig, work, watch=None):
    """The audit and what was left behind, into the result."""
    result.recipients = work.recipients
    audit = Audit(rig.stack, work)
    result.count(audit)
    left = rig.leftovers()
    result.require(not left, f"left in Redis: {left}")
    if watch:
        result.take_over = watch.worst
    if result.problems:
        extra = [n for n in audit.rows.repeated if audit.rows.taken[n] + audit.rows.gone[n] > 2][:3]
        for number, rows in audit.rows.of(extra or audit.rows.repeated[:3]).items():
            result.notes.append(f"recipient {number}: " + ", ".join(
                f"{row.at_ms:.0f} {row.status} {row.connection}/{row.stream} {row.reason}" for row in rows))
    return audit


def _delay(seconds, recipients):
    """Milliseconds an answer takes, so that two processes with W in flight each need about that long. They stand still
    for a good part of the time, and start with empty hands again and again."""
    return int(min(1_000, max(20, 0.5 * seconds * 2 * W / recipients * 1_000)))
