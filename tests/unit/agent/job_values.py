"""What a job process is given."""

from agent.job import JobValues
from agent.settings import AgentSettings
from pipelines.settings import CaptionSettings

VALUES = JobValues(
    agent=AgentSettings(max_meetings=2),
    captions=CaptionSettings(),
    asr_url="unix:/nowhere",
    database_url="sqlite+aiosqlite://",
    livekit_url="ws://127.0.0.1:1",
    api_key="key",
    api_secret="very-secret",
)
