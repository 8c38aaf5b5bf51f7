"""`greffier bench …`: its options, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from greffier.destination import writable, writable_folder
from greffier.settings import load

ALL = "plain,whisper-live,whisper-live-batched,whisperlivekit,greffier"
# Greffier last: it is measured also where the best of the others ends.
OUT = Path("benchmarks/asr")
CAPTIONS_OUT = Path("benchmarks/captions")

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write the figures here, too", callback=writable)
]
Out = Annotated[Path, typer.Option(help="Folder for the report", callback=writable_folder)]
Seed = Annotated[int, typer.Option(help="Another one gives other tracks")]
Share = Annotated[float, typer.Option(min=0.1, max=0.9, help="Part that is speech")]
Tracks = Annotated[int, typer.Option(min=1, help="How many speak at once")]

app = typer.Typer(help="Measure Greffier and others on this machine.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure Greffier and others on this machine."""


@app.command()
def asr(  # noqa: PLR0917 - typer takes each option as a parameter
    systems: Annotated[str, typer.Option(help="Which, with commas between")] = ALL,
    tracks: Annotated[
        int, typer.Option(min=0, max=256, help="One point only; 0: search for the most tracks")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=4, help="How long each track is")] = 30.0,
    share: Share = 0.7,
    seed: Seed = 1,
    model: Annotated[
        Path | None, typer.Option(help="Model folder of all systems; else as the settings say")
    ] = None,
    speech: Annotated[
        Path | None, typer.Option(help="Folder of sound files with .txt; else the demo meeting")
    ] = None,
    language: Annotated[str, typer.Option(help="What --speech speaks")] = "en",
    json_file: JsonFile = None,
    out: Out = OUT,
) -> None:
    """How many speaking tracks one recognition process holds in time."""
    from greffier.bench.asr.run import Plan, bench  # noqa: PLC0415 - keeps `--help` quick

    plan = Plan(
        systems=_names(systems),
        tracks=tracks,
        seconds=seconds,
        share=share,
        seed=seed,
        model=model,
        speech=speech,
        language=language,
    )
    bench(load(), plan, out=out, json_file=json_file)


@app.command()
def captions(  # noqa: PLR0917 - typer takes each option as a parameter
    folder: Annotated[
        Path | None,
        typer.Option(help="Sound of your own with NAME.txt, .stm or .json; else made meetings"),
    ] = None,
    only: Annotated[str, typer.Option(help="Made meetings by name, with commas between")] = "",
    quick: Annotated[
        bool, typer.Option(help="Text and stillness only: nothing offline, no decoding time")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another one makes other meetings")] = 1,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Meetings at once; with a GPU: 1")
    ] = 2,
    nonspeech: Annotated[
        float, typer.Option(min=0, help="Seconds of non-speech for the guards; 0: none")
    ] = 600.0,
    webrtc: Annotated[
        bool, typer.Option(help="And the demo meeting through a LiveKit server, 3 minutes")
    ] = False,
    model: Annotated[Path | None, typer.Option(help="Model folder; else as the settings say")] = (
        None
    ),
    json_file: JsonFile = None,
    out: Out = CAPTIONS_OUT,
) -> None:
    """How right, complete and still the captions are, over made meetings or your own."""
    from greffier.bench.captions.run import Plan, bench  # noqa: PLC0415 - keeps `--help` quick

    plan = Plan(
        seed=seed,
        only=_names(only),
        folder=folder,
        model=model,
        quick=quick,
        processes=processes,
        nonspeech_sec=0.0 if quick else nonspeech,
        webrtc=webrtc,
    )
    bench(load(), plan, out=out, json_file=json_file)


@app.command()
def nonspeech(
    seconds: Annotated[float, typer.Option(min=1, help="How long for each seed")] = 3600.0,
    seeds: Annotated[str, typer.Option(help="Which, with commas between")] = "1,2,3",
    silent_tracks: Annotated[int, typer.Option(min=1, help="Tracks of digital silence")] = 3,
    json_file: JsonFile = None,
    out: Out = CAPTIONS_OUT,
) -> None:
    """Words that come of hours of noise, music, breath and silence: there should be none."""
    from greffier.bench.captions.silent_hours import nonspeech_hours  # noqa: PLC0415 - quick `--help`

    _tell(
        nonspeech_hours(
            load(),
            seconds=seconds,
            seeds=_numbers(seeds, "--seeds"),
            silent_tracks=silent_tracks,
            out=out,
            json_file=json_file,
        )
    )


@app.command()
def network(
    networks: Annotated[
        str, typer.Option(help="Which, with commas between: perfect, delay, loss5, loss10, tcp")
    ] = "perfect,delay,loss5,loss10,tcp",
    seconds: Annotated[float, typer.Option(min=8, help="How much of the demo meeting")] = 180.0,
    seed: Annotated[int, typer.Option(help="Another one loses other packets")] = 1,
    out: Out = Path("benchmarks/network"),
) -> None:
    """Captions of speakers whose packets get lost or come late. Linux, as root."""
    from greffier.bench.network.run import bench  # noqa: PLC0415 - keeps `--help` quick

    bench(load(), _names(networks), seconds=seconds, seed=seed, out=out)


@app.command()
def room(  # noqa: PLR0917 - typer takes each option as a parameter
    participants: Annotated[str, typer.Option(help="Sizes, with commas between")] = "10,50,100",
    speaking: Annotated[int, typer.Option(min=1, help="How many of them speak")] = 8,
    silence: Annotated[
        str, typer.Option(help="The others are: open (digital silence), noisy or muted")
    ] = "open",
    seconds: Annotated[float, typer.Option(min=4, help="How long they speak")] = 40.0,
    quiet: Annotated[float, typer.Option(min=1, help="Seconds in which nobody speaks")] = 15.0,
    share: Share = 0.3,
    seed: Seed = 1,
    json_file: JsonFile = None,
    out: Out = Path("benchmarks/room"),
) -> None:
    """What a participant costs who says nothing, and captions in a room of many."""
    from greffier.bench.room.participants import Manner  # noqa: PLC0415 - keeps `--help` quick
    from greffier.bench.room.run import RoomPlan, bench_room  # noqa: PLC0415

    manners = {one.value: one for one in Manner if one is not Manner.SPEAKING}
    if silence not in manners:
        raise typer.BadParameter(f"one of {', '.join(manners)}", param_hint="--silence")
    plan = RoomPlan(
        participants=tuple(_numbers(participants, "--participants")),
        speaking=speaking,
        silence=manners[silence],
        seconds=seconds,
        quiet_sec=quiet,
        share=share,
        seed=seed,
    )
    bench_room(load(), plan, out=out, json_file=json_file)


@app.command()
def overload(
    tracks: Tracks = 200,
    seconds: Annotated[float, typer.Option(min=10, help="How long")] = 600.0,
    json_file: JsonFile = None,
    out: Out = Path("benchmarks/overload"),
) -> None:
    """More speakers than there is room for: finals arrive, partials get rare, memory is flat."""
    from greffier.bench.stress.overload import overload as measure  # noqa: PLC0415 - quick `--help`

    _tell(measure(load(), tracks=tracks, length_sec=seconds, out=out, json_file=json_file))


@app.command()
def kill(
    tracks: Annotated[int, typer.Option(min=1, max=20, help="How many speak at once")] = 12,
    seconds: Annotated[float, typer.Option(min=10, help="How long")] = 180.0,
    every: Annotated[float, typer.Option(min=3, help="Seconds from one kill to the next")] = 30.0,
    json_file: JsonFile = None,
    out: Out = Path("benchmarks/kill"),
) -> None:
    """The asr process is killed again and again: no final is lost, doubled or somebody else's."""
    from greffier.bench.stress.kill import kill as measure  # noqa: PLC0415 - quick `--help`

    _tell(
        measure(
            load(),
            tracks=tracks,
            length_sec=seconds,
            every_sec=every,
            out=out,
            json_file=json_file,
        )
    )


@app.command()
def cost(
    tracks: Tracks = 8,
    longest: Annotated[float, typer.Option(min=3, help="Leave out what is longer")] = 120.0,
    json_file: JsonFile = None,
    out: Out = Path("benchmarks/cost"),
) -> None:
    """What a second of speech costs, from 3 s to 120 s without a pause."""
    from greffier.bench.cpu.length_cost import LENGTHS_SEC  # noqa: PLC0415 - quick `--help`
    from greffier.bench.cpu.length_cost import cost as measure  # noqa: PLC0415

    lengths = [one for one in LENGTHS_SEC if one <= longest]
    _tell(measure(load(), tracks=tracks, lengths_sec=lengths, out=out, json_file=json_file))


@app.command()
def gpu(  # noqa: PLR0917 - typer takes each option as a parameter
    shapes: Annotated[
        str, typer.Option(help="Which, with commas between")
    ] = "tiny,base,small,medium,large-v3,large-v3-turbo",
    device: Annotated[str, typer.Option(help="cuda or cpu")] = "cuda",
    compute_type: Annotated[str, typer.Option(help="As asr.compute_type")] = "default",
    quick: Annotated[bool, typer.Option(help="A few points, once each, no capacity")] = False,
    json_file: JsonFile = None,
    out: Out = Path("benchmarks/gpu"),
) -> None:
    """Whisper's real shapes with random weights on a GPU; the demo model's text there."""
    from greffier.bench.gpu.gpu import gpu as measure  # noqa: PLC0415 - quick `--help`

    _tell(
        measure(
            load(),
            shapes=_names(shapes),
            device=device,
            compute_type=compute_type,
            quick=quick,
            out=out,
            json_file=json_file,
        )
    )


@app.command()
def profile(
    tracks: Annotated[str, typer.Option(help="How many, with commas between")] = "1,16,64",
    seconds: Annotated[float, typer.Option(min=4, help="How long each track is")] = 20.0,
    json_file: JsonFile = None,
    out: Out = Path("benchmarks/profile"),
) -> None:
    """Where the CPU seconds of a second of audio go, and what the arithmetic alone would take."""
    from greffier.bench.cpu.profile import profile as measure  # noqa: PLC0415 - quick `--help`

    numbers = _numbers(tracks, "--tracks")
    _tell(measure(load(), tracks=numbers, length_sec=seconds, out=out, json_file=json_file))


def _names(text: str) -> tuple[str, ...]:
    """Those between the commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _numbers(text: str, option: str) -> list[int]:
    try:
        numbers = [int(number) for number in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1:
        raise typer.BadParameter("numbers with commas between", param_hint=option)
    return numbers


def _tell(paths: Sequence[Path]) -> None:
    for path in paths:
        typer.echo(str(path))
