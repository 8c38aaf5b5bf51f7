"""The profile hears what is said, and books all that it does to some stage."""

from __future__ import annotations

from greffier.bench.cpu.profile import DEMO
from greffier.bench.cpu.stages import MeasuredModel, run_stages
from greffier.bench.figures import errors_of
from greffier.bench.speech import from_meeting
from greffier.bench.track_script import write_script
from models.settings import AsrSettings
from pipelines.settings import CaptionSettings


async def test_stages_are_booked_and_the_text_is_right() -> None:
    asr = AsrSettings()
    model = MeasuredModel.load(
        asr.model, AsrSettings(device="cpu", threads=1, beam_final=asr.beam_final)
    )
    model.shape = DEMO
    scripts = [
        write_script(from_meeting(), number=at, seconds=8, seed=1, share=0.7) for at in range(2)
    ]
    ledger, texts = await run_stages(model, asr, CaptionSettings(), scripts)
    for script, text in zip(scripts, texts, strict=True):
        errors, words = errors_of(" ".join(line.text for line in script.lines), text)
        assert errors < 0.3 * words
    assert {"encode", "decode finals", "decode partials", "log-mel"} <= set(ledger.cpu_sec)
    assert all(seconds >= 0 for seconds in ledger.cpu_sec.values())
    assert ledger.operations["encode"] > 1e8
    assert ledger.items >= ledger.batches > 0
