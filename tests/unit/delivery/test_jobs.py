"""The durable workflow as a real process, over real SQLite and real SMTP."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from greffier.ports import free_port
from storage.database import Database, migrate
from storage.line import Line, Meeting, MeetingState, Organiser
from storage.record import Record
from tests.unit.delivery.post_office import PostOffice

ROOT = Path(__file__).parents[3]
STEPS = 6  # minutes, files, room, two mails, finish

PATIENCE_SEC = 150
"""Nothing waits for so long but on a machine that has much else to do."""


class Bench:
    """An ended meeting in a record, a post office, and the jobs process over both."""

    def __init__(self, folder: Path, office: PostOffice, database: str = "") -> None:
        self.folder, self.office = folder, office
        self.database = database or f"sqlite+aiosqlite:///{folder}/record.db"
        self.jobs_database = f"sqlite:///{folder}/jobs.db"
        self.results = folder / "results"
        migrate(self.database)

    def hold_meeting(self, *addresses: str, held_lease: bool = False) -> str:
        async def hold(record: Record) -> str:
            organisers = [Organiser(email=one, name="Claire") for one in addresses]
            meeting = await record.open_meeting(
                room="conseil", title="Conseil", language="fr", organisers=organisers
            )
            lease = await record.take_lease(meeting.id, holder="job", ttl_sec=60)
            line = Line(
                id="u1", identity="claire", name="Claire Martin", track_sid="T", start_ms=0,
                end_ms=2000, text="Nous décidons de garder la campagne.", language="fr",
            )  # fmt: skip
            await record.commit(lease, line)
            await record.end_meeting(meeting.id)
            if not held_lease:
                await record.release_lease(lease)
            return meeting.id

        return self.ask(hold)

    def start(
        self,
        die_after: int = 0,
        executor: str = "",
        metrics_port: int = 0,
        dead_after_sec: float = 15.0,
    ) -> subprocess.Popen:
        given = {
            "dead_after_sec": dead_after_sec,
            "executor": executor,
            "metrics_port": metrics_port,
            "die_after": die_after,
            "jobs_db": self.jobs_database,
            "smtp_port": self.office.port,
            "database": self.database,
            "results": str(self.results),
        }
        command = [sys.executable, "-m", "tests.unit.delivery.jobs_under_test", json.dumps(given)]
        with (self.folder / "jobs.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def ask(self, what):
        async def run():
            database = Database(self.database)
            try:
                return await what(Record(database))
            finally:
                await database.close()

        return asyncio.run(run())

    def meeting(self, meeting_id: str) -> Meeting:
        return self.ask(lambda record: record.meeting(meeting_id))

    def until(self, what) -> None:
        deadline = time.monotonic() + PATIENCE_SEC
        while not what():
            assert time.monotonic() < deadline, (self.folder / "jobs.log").read_text()
            time.sleep(0.05)

    def until_settled(self, meeting_id: str) -> Meeting:
        deadline = time.monotonic() + PATIENCE_SEC
        while time.monotonic() < deadline:
            meeting = self.meeting(meeting_id)
            if meeting.state not in (MeetingState.ENDED, MeetingState.LIVE):
                return meeting
            time.sleep(0.2)
        raise AssertionError((self.folder / "jobs.log").read_text())


@pytest.fixture
def bench(tmp_path):
    with PostOffice() as office:
        yield Bench(tmp_path, office)


@pytest.fixture
def running():
    started = []
    yield started.append
    for process in started:
        process.kill()
        process.wait()


def test_one_meeting_one_mail(bench, running):
    """An ended meeting becomes files, one mail an organiser, and `delivered`; SIGTERM is clean."""
    meeting_id = bench.hold_meeting("a@test.fr", "b@test.fr")
    process = bench.start()
    running(process)
    assert bench.until_settled(meeting_id).state == MeetingState.DELIVERED
    assert sorted(bench.office.recipients) == ["a@test.fr", "b@test.fr"]
    names = {path.name for path in (bench.results / meeting_id).iterdir()}
    assert names == {
        "transcript.json", "transcript.md", "transcript.vtt",
        "minutes.md", "minutes.json", "delivery.json",
    }  # fmt: skip
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    log = (bench.folder / "jobs.log").read_text()
    assert "Traceback" not in log
    assert "campagne" not in log
    assert "@test.fr" not in log
    assert b"campagne" not in (bench.folder / "jobs.db").read_bytes()


def test_two_jobs_processes_on_postgresql(tmp_path, running, postgres_cluster):
    """Record and jobs on PostgreSQL, two processes at once: still one mail an organiser."""
    with PostOffice() as office:
        bench = Bench(tmp_path, office, postgres_cluster.new_database())
        bench.jobs_database = postgres_cluster.new_database()
        meeting_id = bench.hold_meeting("a@test.fr", "b@test.fr")
        running(bench.start(executor="one"))
        running(bench.start(executor="two"))
        assert bench.until_settled(meeting_id).state == MeetingState.DELIVERED
        assert sorted(office.recipients) == ["a@test.fr", "b@test.fr"]


def test_a_killed_machines_work_is_taken_up_once(tmp_path, running, postgres_cluster):
    """kill -9 in mid-delivery, and it never starts again: the other delivers, nobody twice."""
    with PostOffice() as office:
        office.answers["slow@test.fr"] = ["451 greylisted"] * 2
        bench = Bench(tmp_path, office, postgres_cluster.new_database())
        bench.jobs_database = postgres_cluster.new_database()
        meeting_id = bench.hold_meeting("a@test.fr", "slow@test.fr")
        first = bench.start(executor="one", dead_after_sec=2.0, die_after=4)  # the first mail
        running(first)
        assert first.wait(60) == -signal.SIGKILL
        assert office.recipients == ["a@test.fr"]
        running(bench.start(executor="two", dead_after_sec=2.0))
        assert bench.until_settled(meeting_id).state == MeetingState.DELIVERED
        assert sorted(office.recipients) == ["a@test.fr", "slow@test.fr"]


@pytest.mark.parametrize("boundary", range(1, STEPS + 1))
def test_killed_between_any_two_steps(bench, running, boundary):
    """Whatever step boundary the process is killed at: one meeting, one mail an organiser."""
    meeting_id = bench.hold_meeting("a@test.fr", "b@test.fr")
    first = bench.start(die_after=boundary)
    running(first)
    assert first.wait(60) == -signal.SIGKILL
    running(bench.start())
    assert bench.until_settled(meeting_id).state == MeetingState.DELIVERED
    time.sleep(1.5)  # time enough for a second mail, were there one
    assert sorted(bench.office.recipients) == ["a@test.fr", "b@test.fr"]


def test_deferred_then_taken(bench, running):
    """4xx: tried again later, and the other does not wait for it; each step is in the metrics."""
    bench.office.answers["slow@test.fr"] = ["451 greylisted"] * 2
    meeting_id = bench.hold_meeting("slow@test.fr", "b@test.fr")
    port = free_port(0)
    running(bench.start(metrics_port=port))
    assert bench.until_settled(meeting_id).state == MeetingState.DELIVERED
    assert bench.office.recipients == ["b@test.fr", "slow@test.fr"]
    page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    for line in (
        'greffier_jobs_mails_total{outcome="deferred"} 2.0',
        'greffier_jobs_mails_total{outcome="sent"} 2.0',
        'greffier_jobs_steps_total{outcome="done",step="write_minutes"} 1.0',
        'greffier_jobs_steps_total{outcome="failed",step="tell_room"} 3.0',
        'greffier_jobs_deliveries_total{outcome="delivered"} 1.0',
    ):
        assert line in page
    assert "test.fr" not in page


def test_sigterm_in_mid_delivery(bench, running):
    """Stopped while a mail waits for its next try: a clean exit, and the next start goes on."""
    bench.office.answers["slow@test.fr"] = ["451 greylisted"] * 4
    meeting_id = bench.hold_meeting("slow@test.fr", "b@test.fr")
    process = bench.start()
    running(process)
    bench.until(lambda: bench.office.recipients == ["b@test.fr"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert bench.meeting(meeting_id).state == MeetingState.ENDED
    running(bench.start())
    assert bench.until_settled(meeting_id).state == MeetingState.DELIVERED
    assert bench.office.recipients == ["b@test.fr", "slow@test.fr"]


def test_refused_recipient(bench, running):
    """5xx: that recipient fails, visibly; the others get their mail."""
    bench.office.answers["gone@test.fr"] = ["550 no such user"] * 9
    meeting_id = bench.hold_meeting("gone@test.fr", "b@test.fr")
    running(bench.start())
    assert bench.until_settled(meeting_id).state == MeetingState.DELIVERED
    assert bench.office.recipients == ["b@test.fr"]
    report = json.loads((bench.results / meeting_id / "delivery.json").read_text())
    assert [one["state"] for one in report["mail"]] == ["refused", "sent"]
    assert "550" in report["mail"][0]["reason"]


def test_nobody_reached_is_a_visible_failure(bench, running):
    """No organiser could be mailed: the meeting is `failed`, with the reason."""
    bench.office.answers["gone@test.fr"] = ["550 no such user"] * 9
    meeting_id = bench.hold_meeting("gone@test.fr")
    running(bench.start())
    meeting = bench.until_settled(meeting_id)
    assert meeting.state == MeetingState.FAILED
    assert "550" in meeting.error


def test_unwritable_results_are_a_visible_failure(bench, running):
    """The folder of results can't be written: `failed`, and the line says which folder."""
    bench.results.write_text("a file where the folder should be")
    meeting_id = bench.hold_meeting("a@test.fr")
    running(bench.start())
    meeting = bench.until_settled(meeting_id)
    assert meeting.state == MeetingState.FAILED
    assert "can't be written" in meeting.error


def test_agent_still_writing(bench, running):
    """While the agent holds its lease, its last lines may still come: nothing starts."""
    meeting_id = bench.hold_meeting(held_lease=True)
    running(bench.start())
    time.sleep(4)
    assert bench.meeting(meeting_id).state == MeetingState.ENDED
    assert not bench.results.exists()
