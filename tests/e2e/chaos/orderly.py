"""Runs in which nobody dies, or only in order: not one repeat is allowed."""

import time

from e2e.process import peak_rss_bytes, wait_until

from .feeder import Feeder
from .kills import ENDED_S, finish
from .result import Result
from .rig import LEASE_S, Rig
from .work import MIXED, Work

MEMORY = 200 << 20


def rolling(options):
    """SIGTERM, wait for the end, start again; one process after the other, under load."""
    times = 2 if options.short else 20
    result = Result("rolling", kills=times)
    work = Work(options.seed, MIXED)
    with Rig(options, result) as rig:
        rig.delay(40)
        feeder = Feeder(rig, work, options.recipients or 20_000 * times).start()
        rig.start()
        slowest = 0.0
        for at in range(times):
            seat = rig.seats[at % 2]
            taken = rig.taken()
            wait_until(lambda: rig.taken() >= taken + 5_000, 60, "load between restarts")
            begin = time.monotonic()
            code = seat.process.stop(40)
            slowest = max(slowest, time.monotonic() - begin)
            result.require(code == 0, f"{seat.consumer} ended with {code} at SIGTERM: {seat.process.tail(3)}")
            with rig.stack.redis() as redis:
                held = rig.pending(redis).get(seat.consumer)
            result.notes.append(f"{seat.consumer}: {held or 'no'} entries still its own after its end")
            seat.forget()
            seat.start()
        feeder.stop()
        rig.delay(0)
        result.problems += rig.wait_ended(work, ENDED_S)
        result.notes.append(f"slowest stop {slowest:.1f} s")
        finish(result, rig, work)
    return result


def long_job(options):
    """A job that takes 20 leases is never taken from its healthy owner."""
    leases = 20
    count = 100_000
    result = Result("long-job")
    work = Work(options.seed, platforms=("android",))
    sections = {"fcm.default": {"rate": count / (leases * LEASE_S)}}
    with Rig(options, result, sections=sections) as rig:
        job, recipients = work.audience(count, "everybody")
        rig.store_audience("everybody", recipients)
        rig.start()
        begin = time.monotonic()
        rig.store([job])
        result.problems += rig.wait_ended(work, leases * LEASE_S * 3)
        took = time.monotonic() - begin
        result.notes.append(f"took {took:.1f} s, {took / LEASE_S:.0f} leases")
        result.require(took >= leases * LEASE_S * 0.9, f"took only {took:.1f} s")
        lines = [line for seat in rig.seats for line in seat.said("taken_over", "fenced", "lapsed")]
        result.require(not lines, f"taken over from a healthy owner: {lines[:3]}")
        finish(result, rig, work)
    return result


def fault_free(options):
    """Nothing goes wrong: nothing lost, nothing repeated."""
    least = options.recipients or (100_000 if options.short else 1_000_000)
    result = Result("fault-free")
    work = Work(options.seed, MIXED)
    with Rig(options, result) as rig:
        rig.start()
        begin = time.monotonic()
        feeder = Feeder(rig, work, least).start()
        feeder.stop(600)
        result.problems += rig.wait_ended(work, 60 + least / 2_000)
        elapsed = time.monotonic() - begin
        result.notes.append(f"{work.recipients / elapsed:,.0f} recipients/s with {len(work.jobs):,} jobs")
        finish(result, rig, work)
        for seat in rig.seats:
            result.require(seat.process.alive(), f"{seat.consumer} ended with {seat.process.code()}")
    return result


def memory(options):
    """A backlog of a million recipients, stored before the engine starts, in front of a slow provider."""
    least = options.recipients or (200_000 if options.short else 1_000_000)
    result = Result("memory")
    work = Work(options.seed)
    # The default bounds, not the short run's.
    with Rig(options, result, seats=1, sections={"engine": {"max_in_flight": 4_096}}) as rig:
        while work.recipients < least:
            rig.store([work.job(size) for size in (10_000, 5_000, 500, 500, *[1] * 200)])
        rig.delay(200)
        rig.start()
        wait_until(lambda: rig.taken() >= 10_000, 60, "a full engine")
        rig.delay(0)
        result.problems += rig.wait_ended(work, 60 + least / 2_000)
        peak = peak_rss_bytes(rig.seats[0].process.pid)
        result.notes.append(f"VmHWM {peak / (1 << 20):.0f} MB")
        result.require(0 < peak <= MEMORY, f"VmHWM {peak / (1 << 20):.0f} MB, {MEMORY >> 20} allowed")
        finish(result, rig, work)
    return result
