/** `<greffier-meeting>`: notice, captions, people, minutes, controls. Fires `back` when it is over. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import "./captions-element.js";
import { type ErrorName, type Language, messages } from "./i18n.js";
import type { Meeting } from "./meeting.js";
import { minutesView } from "./minutes-view.js";
import { peopleList } from "./people-list.js";
import { problemOf } from "./problem.js";
import type { Spoken, Wanted } from "./service.js";

export class MeetingView extends LitElement {
  static override properties = {
    language: {},
    meeting: { attribute: false },
    problem: { state: true },
  };
  declare language: Language;
  declare meeting: Meeting;
  declare private problem: ErrorName | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLElement>("h1")?.focus();
  }

  protected override render(): TemplateResult {
    const t = messages(this.language);
    const { meeting } = this;
    const status = this.status();
    return html`
      <div class="meeting">
        <div class="top">
          <h1 tabindex="-1">${t.roomTitle(meeting.room)}</h1>
          ${this.notice()}
          <p class="status" role="status" ?data-empty=${!status}>${status ?? nothing}</p>
          ${this.problem
            ? html`<p class="problem" role="alert">${t.errors[this.problem]}</p>`
            : nothing}
        </div>
        <div class="main">
          ${meeting.minutes ? minutesView(meeting.minutes, this.languages(), t) : nothing}
          <greffier-captions
            .lines=${meeting.lines}
            .language=${this.language}
            .behind=${meeting.isBehind}
          ></greffier-captions>
        </div>
        ${peopleList(meeting.people, this.talking(), t)} ${this.controls()} ${this.stopDialog()}
      </div>
    `;
  }

  private talking(): Set<string> {
    const open = this.meeting.lines.filter((line) => line.kind === "partial");
    return new Set(open.map((line) => line.speaker.identity));
  }

  /** The language of each line of the record, by its id. */
  private languages(): Map<string, string> {
    const said = this.meeting.lines.filter((line) => line.kind === "final");
    return new Map(said.map((line) => [line.id, line.language]));
  }

  private notice(): TemplateResult {
    const t = messages(this.language);
    const text = {
      on: t.noticeOn,
      paused: t.noticePaused,
      off: t.noticeOff,
      unknown: t.noticeUnknown,
    };
    const state = this.meeting.transcription;
    return html`<p class="notice" data-state=${state} role="status">${text[state]}</p>`;
  }

  /** What is worth saying aloud, at most one thing at a time. */
  private status(): string | undefined {
    const t = messages(this.language);
    switch (this.meeting.connection) {
      case "reconnecting":
        return t.reconnecting;
      case "removed":
        return t.removed;
      case "lost":
        return t.lost;
      case "left":
        return t.left;
      case "connected":
        break;
    }
    if (this.meeting.minutes) return t.minutesReady;
    if (this.meeting.state === "ended") return t.minutesPending;
    return this.meeting.state === "failed" ? t.minutesFailed : undefined;
  }

  private controls(): TemplateResult {
    const t = messages(this.language);
    const { meeting } = this;
    if (["left", "removed", "lost"].includes(meeting.connection)) {
      return html`<div class="controls">
        <button class="primary" type="button" @click=${this.back}>${t.back}</button>
      </div>`;
    }
    const muted = meeting.me?.microphone !== "on";
    return html`
      <div class="controls" role="group" aria-label=${t.controls}>
        ${meeting.mode === "speak"
          ? html`<button
              class="primary"
              type="button"
              @click=${() => this.attempt(() => meeting.setMuted(!muted))}
            >
              ${muted ? t.unmute : t.mute}
            </button>`
          : nothing}
        ${meeting.mayPublish ? this.transcriptionButtons() : nothing}
        <button type="button" @click=${() => this.attempt(() => meeting.leave())}>
          ${t.leave}
        </button>
        ${meeting.mode === "speak" ? this.choices() : nothing}
      </div>
    `;
  }

  /** What one chooses for oneself. Shown as the room has it: so a refusal takes itself back. */
  private choices(): TemplateResult {
    const t = messages(this.language);
    const { meeting } = this;
    const languages = { auto: t.spokenAuto, fr: t.spokenFr, en: t.spokenEn };
    return html`
      <label class="choice">
        ${t.spoken}
        <select
          @change=${(event: Event) =>
            this.attempt(() =>
              meeting.choose({ language: (event.target as HTMLSelectElement).value as Spoken }),
            )}
        >
          ${Object.entries(languages).map(
            ([value, name]) =>
              html`<option value=${value} .selected=${live(meeting.me?.language === value)}>
                ${name}
              </option>`,
          )}
        </select>
      </label>
      <label class="choice">
        <input
          type="checkbox"
          .checked=${live(meeting.me?.optedOut ?? false)}
          @change=${(event: Event) =>
            this.attempt(() =>
              meeting.choose({ transcribed: !(event.target as HTMLInputElement).checked }),
            )}
        />
        ${t.optOut}
      </label>
    `;
  }

  private transcriptionButtons(): TemplateResult | typeof nothing {
    const t = messages(this.language);
    const stop = html`<button type="button" @click=${() => { this.dialog.showModal(); }}>
      ${t.stop}
    </button>`;
    switch (this.meeting.transcription) {
      case "on":
        return html`${this.wanting("pause", t.pause)} ${stop}`;
      case "paused":
        return html`${this.wanting("resume", t.resume)} ${stop}`;
      case "off":
        return this.wanting("start", t.start);
      case "unknown":
        return nothing;
    }
  }

  private wanting(wanted: Wanted, label: string): TemplateResult {
    return html`<button
      type="button"
      @click=${() => this.attempt(() => this.meeting.setTranscription(wanted))}
    >
      ${label}
    </button>`;
  }

  private stopDialog(): TemplateResult {
    const t = messages(this.language);
    return html`
      <dialog aria-labelledby="stop-title" aria-describedby="stop-text">
        <form method="dialog">
          <h2 id="stop-title">${t.stopTitle}</h2>
          <p id="stop-text">${t.stopText}</p>
          <div class="buttons">
            <button autofocus>${t.cancel}</button>
            <button
              class="primary"
              @click=${() => this.attempt(() => this.meeting.setTranscription("stop"))}
            >
              ${t.stopConfirm}
            </button>
          </div>
        </form>
      </dialog>
    `;
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    this.problem = undefined;
    try {
      await action();
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.requestUpdate();
  }

  private readonly back = (): void => {
    this.dispatchEvent(new CustomEvent("back"));
  };

  private get dialog(): HTMLDialogElement {
    return this.querySelector("dialog") as HTMLDialogElement;
  }
}

customElements.define("greffier-meeting", MeetingView);
