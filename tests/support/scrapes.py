"""What a process exposes at /metrics, as a test reads it."""

from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scrape:
    """One scrape."""

    text: str

    @property
    def families(self) -> set[str]:
        """The names of its families; a counter's with its `_total`."""
        return {
            f"{family.name}_total" if family.type == "counter" else family.name
            for family in text_string_to_metric_families(self.text)
        }

    def value(self, sample: str, **labels: str) -> float | None:
        """Return the sum of the samples that have at least these labels; None: there is none."""
        wanted = labels.items()
        found = [
            one.value
            for family in text_string_to_metric_families(self.text)
            for one in family.samples
            if one.name == sample and wanted <= one.labels.items()
        ]
        return sum(found) if found else None

    def labels(self, name: str) -> set[Labels]:
        """Return the sets of labels that a sample of that name comes with."""
        return {
            frozenset(one.labels.items())
            for family in text_string_to_metric_families(self.text)
            for one in family.samples
            if one.name == name
        }


def scrape(url: str) -> Scrape:
    """Ask a process."""
    answer = httpx.get(f"{url}/metrics", timeout=10, trust_env=False)
    return Scrape(answer.raise_for_status().text)
