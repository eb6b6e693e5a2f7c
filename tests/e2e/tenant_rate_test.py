"""A tenant's rate, seen from the providers, while all of the demand lies in the lane."""

import bisect
import json
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until

WARM = 2.0    # seconds until the first lot is spread
COUNTED = 10.0


def per_tenant(rows, tenants):
    """Sorted times (s) of sends, by tenant: its name is in the target."""
    out = {tenant: [] for tenant in tenants}
    for row in rows:
        for tenant in tenants:
            if tenant in row.token:
                out[tenant].append(row.at_ms / 1000)
    return {tenant: sorted(times) for tenant, times in out.items()}


def fullest(times):
    most = 0
    for first, at in enumerate(times):
        most = max(most, bisect.bisect_left(times, at + 1.0) - first)
    return most


class TenantRate(EndToEnd):
    providers = ("fcm",)

    def start(self, engines, rate, sections=None):
        self.stack.start_redis()
        self.stack.start_sandbox()
        for _ in range(engines):
            self.stack.start_engine({"limits": {"tenant_rate": rate}, **(sections or {})})

    def backlog(self, tenant, recipients, of, lane="bulk"):
        """In the lane at once, in jobs of 500."""
        with self.stack.redis() as redis:
            for job in range(-(-recipients // 500)):
                redis.command("XADD", self.stack.key(f"jobs:{lane}"), "*", "job", json.dumps(
                    {"id": f"{tenant}-{job}", "tenant": tenant, "message": {"title": "T"},
                     "recipients": [of(f"{tenant}-{job}-{at}") for at in range(500)]}))

    @staticmethod
    def android(name):
        return {"platform": "android", "token": name}

    def times(self, tenants, seconds=WARM + COUNTED + 0.5):
        def rows():
            self.stack.control("/ledger/flush")
            self.stack.ledger.read()
            return self.stack.ledger.rows

        def long_enough():
            found = rows()
            return bool(found) and max(r.at_ms for r in found) - min(r.at_ms for r in found) >= seconds * 1000
        wait_until(long_enough, 60, f"{seconds} s of sends", every=0.5)
        return per_tenant(rows(), tenants)

    def assert_rate(self, times, rate, name):
        begin = times[0] + WARM
        counted = bisect.bisect_left(times, begin + COUNTED) - bisect.bisect_left(times, begin)
        print(f"{name}: {counted / COUNTED:.1f}/s, at most {fullest(times)} in a second")
        self.assertGreaterEqual(counted, 0.95 * rate * COUNTED, name)
        self.assertLessEqual(fullest(times), rate * 1.02 + max(1, rate / 10), name)

    def rate_alone(self, engines, rate):
        self.start(engines, rate)
        self.backlog("acme", rate * 25, self.android)
        self.assert_rate(self.times(["acme"])["acme"], rate, f"{rate}/s over {engines}")

    def test_300_a_second_by_one_engine(self):
        self.rate_alone(1, 300)

    def test_300_a_second_by_three_engines(self):
        self.rate_alone(3, 300)

    def test_20_a_second_by_one_engine(self):
        self.rate_alone(1, 20)

    def test_20_a_second_by_three_engines(self):
        self.rate_alone(3, 20)

    def test_beside_an_apps_and_an_origins_rate(self):
        tenants = ["acme", "bell"]
        hooks = "hooks"
        self.start(3, 300, {"platforms": {"webhook": "webhook", "android": "fcm"}, "fcm.default": {"rate": 450},
                            "webhook.default": {"rate": 100}})
        url = self.stack.endpoints["webhook"]["url"]
        for tenant in tenants:
            self.backlog(tenant, 8_000, self.android)
        self.backlog(hooks, 3_000, lambda name: {"platform": "webhook", "url": url + name})
        times = self.times([*tenants, hooks])
        self.assert_rate(sorted(times["acme"] + times["bell"]), 450, "two tenants, one app of 450/s")
        for tenant in tenants:
            self.assertLessEqual(fullest(times[tenant]), 300 * 1.02 + 30)
        self.assert_rate(times[hooks], 100, "one tenant, one origin of 100/s")


if __name__ == "__main__":
    unittest.main()
