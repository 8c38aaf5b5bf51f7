"""The jobs process, which kills itself right after its n-th checkpoint: one step boundary."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from dbos._sys_db import SystemDatabase

from delivery.jobs import serve
from delivery.metrics import JobsMetrics
from delivery.settings import JobsSettings, MailSettings
from greffier.metrics_server import metrics_server
from models.settings import LlmSettings


def main() -> None:
    given = json.loads(sys.argv[1])
    if given["die_after"]:
        _die_after(given["die_after"])
    metrics = JobsMetrics.make()
    address = str(given["metrics_port"])
    with metrics_server(address if address != "0" else "", metrics.registry, setting="-"):
        run(given, metrics)


def run(given: dict[str, Any], metrics: JobsMetrics) -> None:
    serve(
        jobs=JobsSettings(
            system_database_url=given["jobs_db"],
            poll_every_sec=0.2,
            executor_id=given["executor"],
            dead_after_sec=given["dead_after_sec"],
        ),
        mail=MailSettings(host="127.0.0.1", port=given["smtp_port"], sender="Greffe <g@test.fr>"),
        llm=LlmSettings(),
        livekit_url="ws://127.0.0.1:9",
        api_key="key",
        api_secret="secret-secret-secret-secret-secret",
        database_url=given["database"],
        results=Path(given["results"]),
        page_url="https://greffe.test",
        mail_pauses_sec=(0.2,) * 20,
        metrics=metrics,
    )


def _die_after(count: int) -> None:
    real = SystemDatabase.record_operation_result
    seen = 0

    def record(self, *args, **kwargs):
        nonlocal seen
        real(self, *args, **kwargs)
        seen += 1
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)

    SystemDatabase.record_operation_result = record


if __name__ == "__main__":
    main()
