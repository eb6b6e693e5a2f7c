"""The provider's side of the story: dispatch-sandbox's ledger, one line per request, written before its answer."""

import collections

Row = collections.namedtuple("Row", "at_ms provider status dedupe token connection stream reason authorization")
PUSHES = ("fcm", "apns", "webpush", "webhook", "smtp")


class Ledger:
    """Reads a growing file; `rows` holds the pushes read so far (requests for access tokens apart in `others`)."""

    def __init__(self, path):
        self.path, self.rows, self.others = path, [], []
        self._offset = 0
        self._rest = b""

    def read(self):
        """Takes in what was written since the last call; answers the new pushes."""
        with open(self.path, "rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        fresh = []
        for line in lines:
            if not line or line.startswith(b"#"):
                continue
            fields = line.decode().split("\t")
            row = Row(float(fields[0]), fields[1], int(fields[2]), *fields[3:9])
            (fresh if row.provider in PUSHES else self.others).append(row)
        self.rows.extend(fresh)
        return fresh

    def keys(self):
        """Distinct recipients that reached a provider."""
        return {row.dedupe for row in self.rows}

    def repeats(self):
        """Recipients delivered more than once."""
        delivered = collections.Counter(row.dedupe for row in self.rows if 200 <= row.status < 300)
        return {key: count for key, count in delivered.items() if count > 1}


def fullest_second(rows):
    """The most requests in any interval of one second, wherever it begins."""
    times = sorted(row.at_ms for row in rows)
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= 1000:
            first += 1
        most = max(most, last - first + 1)
    return most
