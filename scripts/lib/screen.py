"""Text for people: colours where they are wanted, one line that redraws itself, numbers with separators."""

import os
import shutil
import sys
import time

_CODES = {"good": "32", "bad": "31", "faint": "2", "bold": "1"}
COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text, how):
    return f"\x1b[{_CODES[how]}m{text}\x1b[0m" if COLOUR and how else str(text)


def number(value):
    return f"{value:,.0f}"


def milliseconds(value):
    return "-" if value is None else f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def heading(text):
    print("\n" + paint(text, "bold"))


def table(rows):
    """First column to the left, the others to the right; the first row is the header."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for at, row in enumerate(rows):
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print(paint("  " + "  ".join(cells), "faint" if at == 0 else None))


def check(label, value, good, target=""):
    """One line of a verdict; answers `good`."""
    verdict = paint("ok", "good") if good else paint("MISSED", "bad")
    print(f"  {label:<44}{value:>16}  {target:<22} {verdict}")
    return good


class ProgressBar:
    """On a terminal one line redrawn in place, else a line every 10 seconds. Rate over the last seconds."""

    WINDOW_S = 3.0

    def __init__(self, label, total):
        self.label, self.total = label, total
        self.started = time.monotonic()
        self.samples = [(self.started, 0)]
        self.tty = sys.stdout.isatty()
        self.next_line = self.started + 10

    def show(self, done, note=""):
        now = time.monotonic()
        self.samples.append((now, done))
        while len(self.samples) > 2 and now - self.samples[1][0] > self.WINDOW_S:
            self.samples.pop(0)
        if self.tty:
            print("\r" + self._line(done, now, note)[:shutil.get_terminal_size().columns - 1] + "\x1b[K", end="", flush=True)
        elif now >= self.next_line:
            self.next_line = now + 10
            print(self._line(done, now, note), flush=True)

    def finish(self, done):
        if self.tty:
            self.show(done)
            print()

    def _line(self, done, now, note):
        share = min(1.0, done / self.total) if self.total else 1.0
        span = now - self.samples[0][0]
        rate = (done - self.samples[0][1]) / span if span > 0 else 0
        if share >= 1:
            tail = f"in {now - self.started:.0f} s"
        else:
            tail = "ETA " + (f"{(self.total - done) / rate:.0f} s" if rate > 0 else "-")
        filled = int(share * 30)
        return (f"{self.label} [{'#' * filled}{'-' * (30 - filled)}] {int(share * 1000) / 10:5.1f} %  "
                f"{number(done)}/{number(self.total)}  {number(rate)}/s  {tail}  {note}")
