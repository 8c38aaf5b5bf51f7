/**
 * `<greffier-captions>`: the captions of a meeting, by speaker, as a log.
 *
 * Set `lines` (in meeting order), `language`, and `behind` where captions come late. Finals are
 * solid; of a partial, what may still change is dimmed, in italics, and ends in dots. Finals are spoken to screen readers only if the reader asks for it.
 */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { CaptionLine, FinalLine } from "./captions-state.js";
import { captionsStyles } from "./captions-styles.js";
import { type Language, messages } from "./i18n.js";
import { clock, keyOf, turns } from "./turns.js";

const SIZE_KEY = "greffier.text-size";
const LARGEST = 3;
/** Nearer to the end than this, in CSS pixels, the reader is reading the newest. */
const NEAR_END_PX = 32;
/** After an interruption more finals come at once than anyone wants to hear. */
const SPOKEN_AT_ONCE = 3;

export class CaptionsElement extends LitElement {
  static override styles = captionsStyles;
  static override properties = {
    lines: { attribute: false },
    language: {},
    behind: { type: Boolean },
    size: { state: true },
    announcing: { state: true },
    following: { state: true },
    spoken: { state: true },
  };
  declare lines: readonly CaptionLine[];
  declare language: Language;
  declare behind: boolean;
  declare private size: number;
  declare private announcing: boolean;
  declare private following: boolean;
  declare private spoken: readonly FinalLine[];
  private announced = new Set<string>();
  /** Heights of the log and its content when it was last looked at. */
  private heights = "";
  private readonly resized = new ResizeObserver(() => { this.scrollToEnd(); });

  constructor() {
    super();
    this.lines = [];
    this.language = "fr";
    this.behind = false;
    this.size = keptSize();
    this.announcing = false;
    this.following = true;
    this.spoken = [];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override firstUpdated(): void {
    this.resized.observe(this.log);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("lines")) return;
    const finals = this.lines.filter((line) => line.kind === "final");
    const news = finals.filter((line) => !this.announced.has(line.id));
    for (const line of news) this.announced.add(line.id);
    if (this.announcing && news.length > 0) this.spoken = news.slice(-SPOKEN_AT_ONCE);
  }

  protected override updated(): void {
    this.scrollToEnd();
  }

  protected override render(): TemplateResult {
    const t = messages(this.language);
    return html`
      <div class="bar">
        <h2 id="title">${t.captions}</h2>
        <div class="size" role="group" aria-label=${t.textSize}>
          ${this.sizeButton("A−", t.smaller, -1)} ${this.sizeButton("A+", t.larger, 1)}
        </div>
        <label>
          <input type="checkbox" .checked=${this.announcing} @change=${this.toggleAnnouncing} />
          ${t.announce}
        </label>
      </div>
      <p class="late" role="status">${this.behind ? t.late : nothing}</p>
      <div class="frame">
        <div
          class="log"
          role="log"
          tabindex="0"
          aria-labelledby="title"
          aria-live="off"
          data-size=${this.size}
          @scroll=${this.onScroll}
        >
          ${this.lines.length === 0 ? html`<p class="empty">${t.captionsEmpty}</p>` : nothing}
          ${repeat(turns(this.lines), keyOf, (turn) => this.turn(turn))}
        </div>
        ${this.following
          ? nothing
          : html`<button class="jump" type="button" @click=${this.jump}>${t.jump}</button>`}
      </div>
      <div class="spoken" aria-live=${this.announcing ? "polite" : "off"}>
        ${this.spoken.map(
          (line) =>
            html`<p lang=${line.language || nothing}>${line.speaker.name} : ${line.text}</p>`,
        )}
      </div>
    `;
  }

  private turn(turn: readonly CaptionLine[]): TemplateResult {
    const first = turn[0];
    const open = turn.some((line) => line.kind === "partial");
    return html`
      <div class=${open ? "turn open" : "turn"}>
        <p class="who">
          <span class="name">${first?.speaker.name}</span>
          <time>${clock(first?.startMs ?? 0)}</time>
        </p>
        ${repeat(turn, (line) => line.id, (line) => this.line(line))}
      </div>
    `;
  }

  private line(line: CaptionLine): TemplateResult {
    const t = messages(this.language);
    switch (line.kind) {
      case "final":
        return html`<p class="said" lang=${line.language || nothing}>${line.text}</p>
          ${this.translation(line)}`;
      case "partial":
        return html`<p class="said" data-partial lang=${line.language || nothing}
          >${line.text.slice(0, line.stable)}<span class="tail">${line.text.slice(line.stable)}</span></p
        >`;
      case "gap": {
        const seconds = Math.max(1, Math.round((line.endMs - line.startMs) / 1000));
        return html`<p class="said gap">${t.gap(seconds, t.gapReasons[line.reason])}</p>`;
      }
    }
  }

  /** Below what was said, for who reads the page in another language. */
  private translation(line: FinalLine): TemplateResult | typeof nothing {
    const text = line.translations?.[this.language];
    if (!text || line.language === this.language) return nothing;
    return html`<p class="translation" lang=${this.language}>${text}</p>`;
  }

  private sizeButton(sign: string, label: string, step: number): TemplateResult {
    const next = this.size + step;
    const possible = next >= 0 && next <= LARGEST;
    return html`<button
      type="button"
      aria-disabled=${possible ? nothing : "true"}
      @click=${() => {
        if (!possible) return;
        this.size = next;
        localStorage.setItem(SIZE_KEY, String(next));
      }}
    >
      <span aria-hidden="true">${sign}</span><span class="spoken">${label}</span>
    </button>`;
  }

  private readonly toggleAnnouncing = (event: Event): void => {
    this.announcing = (event.target as HTMLInputElement).checked;
    this.spoken = [];
  };

  private readonly onScroll = (): void => {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    // A turned or resized screen scrolls too, and nobody meant to stop reading the newest.
    if (this.following && this.heights !== heightsOf(this.log)) this.scrollToEnd();
    else this.following = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  };

  private readonly jump = (): void => {
    this.following = true;
    this.log.focus();
  };

  private scrollToEnd(): void {
    if (this.following) this.log.scrollTop = this.log.scrollHeight;
    this.heights = heightsOf(this.log);
  }

  private get log(): HTMLElement {
    return this.renderRoot.querySelector(".log") as HTMLElement;
  }
}

function heightsOf({ scrollHeight, clientHeight }: HTMLElement): string {
  return `${scrollHeight} ${clientHeight}`;
}

function keptSize(): number {
  const kept = Number(localStorage.getItem(SIZE_KEY) ?? 1);
  return Number.isInteger(kept) && kept >= 0 && kept <= LARGEST ? kept : 1;
}

customElements.define("greffier-captions", CaptionsElement);
