"""Prometheus's text format, as far as this project's own /metrics uses it."""

import re
import urllib.request

_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    def __init__(self, text):
        self.samples = []
        for line in text.splitlines():
            found = None if line.startswith("#") else _SAMPLE.match(line)
            if found:
                self.samples.append((found[1], dict(_LABEL.findall(found[2] or "")), float(found[3])))

    def sum(self, name, **labels):
        """Of all series of that name with these labels; 0 when there is none."""
        return sum(value for _, value in self.each(name, **labels))

    def each(self, name, **labels):
        return [(found, value) for sample, found, value in self.samples
                if sample == name and all(found.get(key) == wanted for key, wanted in labels.items())]


def fetch(url, timeout=5.0):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return Metrics(answer.read().decode())
