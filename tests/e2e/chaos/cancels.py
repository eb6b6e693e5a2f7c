"""Cancelled jobs: nothing more of them is started, whoever sends them and whoever dies."""

import collections
import random
import time

from e2e.process import wait_until

from .audit import Audit, pushes
from .kills import ENDED_S
from .result import Result
from .rig import W, Rig
from .watch import TakeOvers
from .work import TENANT, Work, number_of

CANCEL_S = 1.0
EACH = 10_000


def cancel(options):
    """Jobs of 10,000 before a slow provider, cancelled on the command line while two processes send them."""
    jobs = 4 if options.short else 10
    result = Result("cancel")
    work = Work(options.seed)
    with Rig(options, result) as rig:
        rig.delay(200)
        rig.store([work.job(EACH) for _ in range(jobs)])
        rig.start()
        wait_until(lambda: rig.taken() >= 4 * W, 60, "load")
        done = {job.id: _cancel(rig, job) for job in work.jobs}
        result.problems += rig.wait_ended(work, 30, "cancelled jobs ended")
        _judge(result, rig, work, done)
    return result


def cancel_and_kill(options):
    """A job of 10,000 is cancelled at a random moment, and a process killed right after; again and again."""
    times = options.kills or (4 if options.short else 40)
    # What a killed process had sent and not yet counted is cancelled by whoever takes over.
    result = Result("cancel-kill", kills=times, bound=times * W)
    work = Work(options.seed)
    dice = random.Random(options.seed)
    done = {}
    with Rig(options, result) as rig, TakeOvers(rig) as watch:
        rig.delay(200)
        rig.start()
        for at in range(times):
            # The second is never cancelled: the kills must not hurt it, nor the cancels.
            rig.store([work.job(EACH), work.job(1_000, "normal")])
            job = work.jobs[-2]
            sent = rig.taken() + dice.randrange(1_000, EACH // 2)
            wait_until(lambda: rig.taken() >= sent, 60, f"{job.id} amidst")
            done[job.id] = _cancel(rig, job)
            time.sleep(dice.uniform(0.0, 0.2))
            seat = dice.choice(rig.seats)
            seat.kill()
            watch.died(seat.consumer)
            seat.start(ready=False)
        result.problems += rig.wait_ended(work, ENDED_S)
        watch.wait(5)
        result.take_over = watch.worst
        _judge(result, rig, work, done, unconfirmed=times * W)
    return result


def _cancel(rig, job):
    """Answers when it had been ordered, ms since the epoch."""
    rig.stack.ctl("--json", "job", "cancel", job.id, "--tenant", TENANT)
    return time.time() * 1000


def _judge(result, rig, work, done, unconfirmed=0):
    """`done`: {job id: when it was cancelled}; the other jobs must have gone their way."""
    with rig.stack.redis() as redis:
        states = collections.Counter(
            state for job, state in zip(work.jobs, rig.states(redis, work.jobs)) if job.id in done)
        gone = sum(each["cancelled"] for each in rig.stack.jobs(redis) if each["tenant"] == TENANT)
    result.require(states == {"cancelled": len(done)}, f"states {dict(states)}")
    result.recipients = work.recipients
    audit = Audit(rig.stack, work, early_end=done, unconfirmed=unconfirmed)
    result.count(audit)
    latest = _after(rig.stack.ledger.path, work, done)
    result.notes.append(f"last start {latest:.2f} s after its cancel" if latest > -1e9 else "nothing was started")
    result.require(latest <= CANCEL_S, f"a start {latest:.2f} s after its job's cancel, {CANCEL_S:g} allowed")
    result.notes.append(f"{gone} of {sum(job.count for job in work.jobs if job.id in done)} cancelled, of them "
                        f"{audit.unconfirmed} sent by a process that died before it could count them")
    result.require(gone > 0, "nobody was cancelled")
    left = rig.leftovers()
    result.require(not left, f"left in Redis: {left}")


def _after(path, work, done):
    """Seconds between a job's cancel and the last start of one of its recipients, the worst of all jobs."""
    limits = [done.get(job.id, float("inf")) for job in work.jobs for _ in range(job.count)]
    worst = float("-inf")
    for *_, token, line in pushes(path):
        worst = max(worst, (float(line.split(b"\t", 1)[0]) - limits[number_of(token)]) / 1000)
    return worst
