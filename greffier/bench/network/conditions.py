"""The networks that are measured, by name."""

from __future__ import annotations

from greffier.bench.network.link import PERFECT, Quality

CONDITIONS: dict[str, tuple[str, Quality]] = {
    "perfect": ("no loss, no delay", PERFECT),
    "delay": ("300 ± 30 ms each way", Quality(delay_ms=300, jitter_ms=30)),
    "loss5": ("5% loss, 300 ± 30 ms each way", Quality(loss=0.05, delay_ms=300, jitter_ms=30)),
    "loss10": ("10% loss, 300 ± 30 ms each way", Quality(loss=0.1, delay_ms=300, jitter_ms=30)),
    "tcp": ("UDP blocked: media over TCP", Quality(udp=False)),
}
