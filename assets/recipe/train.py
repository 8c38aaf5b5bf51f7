"""Training: bfloat16 steps over float32 master weights, a cosine schedule on the clock, resumable state."""

from __future__ import annotations

import math
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from .batches import CURRICULUM, IGNORED, Batch, feed
from .network import Shape, Whisper
from .sentences import extra_words, training_sentences
from .speech import phonemes
from .tokenizer import END_OF_TEXT, VOCABULARY, load

PEAK_RATE, WARMUP_STEPS, CLIP_NORM, WEIGHT_DECAY = 1.6e-3, 150, 1.0, 0.01
SAVE_EVERY_SEC = 240.0
#: The phoneme loss makes the encoder listen early; it leaves the last part of the schedule to the words.
CTC_WEIGHT, CTC_UNTIL = 0.5, 0.8
#: Phonemes met less often than this are left out of it.
RARE = 50


def used_tokens(tokenizer_path: Path, clips: int, seed: int) -> list[int]:
    """Return the ids met in training, plus every special token and timestamp."""
    tokenizer = load(tokenizer_path)
    texts = [" " + s.text for s in training_sentences(clips, seed)]
    texts += [f" {w}" for language in ("fr", "en") for w in extra_words(language)]
    ids = {
        token
        for encoded in tokenizer.encode_batch(texts, add_special_tokens=False)
        for token in encoded.ids
    }
    return sorted(ids | set(range(END_OF_TEXT, VOCABULARY)))


def phoneme_inventory(clips: int, seed: int) -> list[str]:
    """Return the phonemes of the training sentences of both languages, the rare ones left out."""
    counts = Counter(
        symbol for s in training_sentences(clips, seed) for symbol in phonemes(s.text, s.language)
    )
    return sorted(symbol for symbol, count in counts.items() if count >= RARE)


class Optimiser:
    """AdamW on one flat float32 copy of the weights; the network holds bfloat16 views."""

    def __init__(self, model: Whisper) -> None:
        parameters = list(model.parameters())
        self.master = torch.cat([p.detach().float().flatten() for p in parameters])
        self.flat = self.master.bfloat16()
        self.gradient = torch.zeros_like(self.flat)
        self.first, self.second = torch.zeros_like(self.master), torch.zeros_like(self.master)
        self.steps = 0
        position = 0
        for p in parameters:
            view = slice(position, position + p.numel())
            p.data = self.flat[view].view_as(p)
            p.grad = self.gradient[view].view_as(p)
            position = view.stop

    def step(self, rate: float) -> float:
        """Apply one update and return the gradient's norm before clipping."""
        self.steps += 1
        gradient = self.gradient.float()
        norm = float(gradient.norm())
        if not math.isfinite(norm):
            self.gradient.zero_()
            return norm
        gradient.mul_(min(1.0, CLIP_NORM / (norm + 1e-6)))
        self.first.lerp_(gradient, 0.1)
        self.second.mul_(0.98).addcmul_(gradient, gradient, value=0.02)
        scale = math.sqrt(1 - 0.98**self.steps) / (1 - 0.9**self.steps)
        self.master.mul_(1 - rate * WEIGHT_DECAY)
        self.master.addcdiv_(self.first, self.second.sqrt().add_(1e-8), value=-rate * scale)
        self.flat.copy_(self.master)
        self.gradient.zero_()
        return norm


def loss_of(
    model: Whisper, batch: Batch, rows: Tensor, others: int, ctc_weight: float
) -> tuple[Tensor, float, float]:
    """Return the loss to minimise, the token loss and the phoneme loss, in nats."""
    memory = model.encode(torch.from_numpy(batch.mel).bfloat16())
    states = model.decode(rows[torch.from_numpy(batch.tokens)], memory)
    targets = torch.from_numpy(batch.targets)
    kept = targets != IGNORED
    logits = F.linear(states[kept], model.embedding).float()
    # The last row stands for all the other tokens: counting it that many times makes this the full softmax.
    logits = torch.cat([logits[:, :-1], logits[:, -1:] + math.log(others)], dim=1)
    token_loss = F.cross_entropy(logits, rows[targets[kept]], label_smoothing=0.0)
    if ctc_weight == 0.0:
        return token_loss, float(token_loss.detach()), 0.0
    log_probs = F.log_softmax(model.sounds(memory).float(), dim=-1).transpose(0, 1)
    lengths = torch.full((batch.mel.shape[0],), memory.shape[1], dtype=torch.long)
    sounding = F.ctc_loss(
        log_probs,
        torch.from_numpy(batch.sounds),
        lengths,
        torch.from_numpy(batch.sound_counts),
        zero_infinity=True,
    )
    return token_loss + ctc_weight * sounding, float(token_loss.detach()), float(sounding.detach())


def _rate(progress: float, steps: int, peak: float) -> float:
    return (
        peak
        * min(1.0, (steps + 1) / WARMUP_STEPS)
        * (0.5 * (1 + math.cos(math.pi * min(1.0, progress))) + 0.003)
    )


def _save(
    path: Path, optimiser: Optimiser, elapsed: float, used: list[int], inventory: list[str]
) -> None:
    partial = path.with_suffix(".part")
    state = {"master": optimiser.master, "first": optimiser.first, "second": optimiser.second}
    vocabulary = {"used": used, "inventory": inventory}
    counts = {"steps": optimiser.steps, "elapsed_sec": elapsed}
    torch.save({**state, **vocabulary, **counts}, partial)
    partial.replace(path)


def run(
    work: Path,
    *,
    clips: int,
    seed: int,
    minutes: float,
    batch_sec: float,
    threads: int,
    state: str = "state.pt",
    start: str | None = None,
    peak: float = PEAK_RATE,
    ctc: bool = True,
    drill_every: int = 1,
) -> None:
    """Train until ``minutes`` of wall-clock time are spent in all runs, going on from the saved state.

    ``start`` names another state to take the weights from, for a second schedule (fine-tuning);
    one in ``drill_every`` drill clips is fed.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    tokenizer_path, path = work / "tokenizer.json", work / state
    source = path if path.exists() else work / start if start else None
    saved = torch.load(source) if source else None
    used = saved["used"] if saved else used_tokens(tokenizer_path, clips, seed)
    inventory = saved["inventory"] if saved else phoneme_inventory(clips, seed)
    rows = torch.full((VOCABULARY,), len(used), dtype=torch.long)
    rows[torch.tensor(used)] = torch.arange(len(used))
    model = Whisper(Shape(), len(used), len(inventory) + 1)
    model.positions = model.positions.bfloat16()  # type: ignore[operator]
    optimiser = Optimiser(model)
    elapsed = 0.0
    if saved:
        optimiser.master.copy_(saved["master"])
        optimiser.flat.copy_(saved["master"])
        if source == path:
            optimiser.first.copy_(saved["first"])
            optimiser.second.copy_(saved["second"])
            optimiser.steps, elapsed = saved["steps"], saved["elapsed_sec"]
    limit = minutes * 60
    last = saved_at = time.monotonic()
    smooth, seen = 0.0, 0.0
    bar = tqdm(total=round(limit), initial=round(elapsed), desc="train", unit="s", mininterval=5)
    for batch in feed(
        work / "corpus",
        load(tokenizer_path),
        seed + optimiser.steps,
        batch_sec,
        inventory,
        done=optimiser.steps if not start else CURRICULUM[-1][0],
        drill_every=drill_every,
    ):
        progress = elapsed / limit
        weight = CTC_WEIGHT if ctc and progress < CTC_UNTIL else 0.0
        loss, token_loss, sounding = loss_of(model, batch, rows, VOCABULARY - len(used), weight)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = optimiser.step(_rate(progress, optimiser.steps, peak))
        now = time.monotonic()
        elapsed, last = elapsed + now - last, now
        smooth = token_loss if smooth == 0 else 0.97 * smooth + 0.03 * token_loss
        seen += batch.mel.shape[0] * batch.mel.shape[1] / 100
        bar.n = round(min(elapsed, limit))
        bar.set_postfix(
            step=optimiser.steps,
            loss=f"{smooth:.3f}",
            sound=f"{sounding:.2f}",
            norm=f"{norm:.1f}",
            hours=f"{seen / 3600:.1f}",
        )
        if now - saved_at > SAVE_EVERY_SEC:
            _save(path, optimiser, elapsed, used, inventory)
            saved_at = now
        if elapsed >= limit:
            break
    bar.close()
    _save(path, optimiser, elapsed, used, inventory)
    np.save(work / "used.npy", np.array(used))
