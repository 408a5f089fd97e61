"""Metrics in the words of Prometheus: read from the database and the index when somebody asks.

Only how long answers take is counted as it happens (`gate/timing.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from directory.actions.inspecting import KINDS
from directory.site import Site
from directory.store.disk import free_bytes, refused_by
from directory.store.gauges import Gauges, measure

LOOPBACK = "127.0.0.1"
# Since when each is counted is of no use to anybody, and a family of its own.
disable_created_metrics()  # type: ignore[no-untyped-call]
# Seconds. People notice the fourth; an alert asks for the sixth.
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ANSWERS = Histogram("signpost_answer_seconds", "How long answers took.", ["kind"], buckets=BUCKETS, registry=None)
# Set where several processes count together (`gate/timing.py`).
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


class SiteCollector(Collector):
    """The gauges of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def collect(self) -> Iterable[Metric]:
        """Every gauge as it stands now."""
        site = self._site
        with site.database.read() as connection:
            found = measure(connection, at=site.now())
        cursor = site.engine.cursor
        behind = found.head - (cursor[0] if cursor else 0)
        yield GaugeMetricFamily("signpost_changes", "Changes published.", found.head)
        yield GaugeMetricFamily("signpost_index_lag_changes", "Changes not in the search index.", behind)
        yield GaugeMetricFamily("signpost_fhir_waiting", "What FHIR does not say anew yet.", found.fhir_waiting)
        yield from _messages(found)
        kinds = {kind: found.findings.get(kind, 0) for kind in KINDS}
        yield _by("signpost_findings", "What the nightly look found wrong.", "kind", kinds)
        feeds = {state: found.feeds.get(state, 0) for state in ("read", "failed", "late")}
        yield _by("signpost_feeds", "Feeds that are read on a schedule.", "state", feeds)
        free, refusing = free_bytes(site.folders), refused_by(site.folders) is not None
        yield GaugeMetricFamily("signpost_disk_free_bytes", "Room on the fullest disk that is written to.", free)
        yield GaugeMetricFamily("signpost_disk_refuses", "1 where a disk is full or can only be read.", refusing)
        yield GaugeMetricFamily("signpost_gaps_open", "Questions without a confident answer, not closed.", found.gaps)


def _messages(found: Gauges) -> Iterator[Metric]:
    yield _by("signpost_deliveries_pending", "Immediate messages to be sent.", "channel", found.pending or {"mail": 0})
    words = "Age of the slot of the oldest digest not sent."
    yield GaugeMetricFamily("signpost_digest_lag_seconds", words, found.digest_lag)
    words = "Age of the oldest immediate message not sent."
    yield GaugeMetricFamily("signpost_oldest_delivery_seconds", words, found.oldest_pending)
    yield GaugeMetricFamily("signpost_letters_pending", "Letters, such as sign-ins, to be sent.", found.letters)
    yield GaugeMetricFamily("signpost_oldest_letter_seconds", "Age of the oldest letter not sent.", found.oldest_letter)
    receivers = {state: found.receivers.get(state, 0) for state in ("working", "failing", "stopped")}
    yield _by("signpost_receivers", "Webhooks, Teams, Slack and FHIR subscriptions.", "state", receivers)
    words = "Age of the oldest event that a working receiver waits for."
    yield GaugeMetricFamily("signpost_oldest_event_seconds", words, found.oldest_event)


def observe(kind: str, seconds: float) -> None:
    """Count one answer, by what was asked for."""
    _ANSWERS.labels(kind).observe(seconds)


def exposition(site: Site) -> bytes:
    """Every gauge of a site, as Prometheus reads them."""
    return generate_latest(_registry(site))


def serve_apart(site: Site, port: int) -> None:
    """Answer Prometheus on a port of this machine only, in a thread of its own."""
    start_http_server(port, LOOPBACK, _registry(site))


def _registry(site: Site) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(SiteCollector(site))
    if _SHARED in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_ANSWERS)
    return registry


def _by(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family
