/** `<greffier-page>`: the whole page. It joins, and shows the form or the meeting. */

import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { HeldSeat } from "./held-seat.js";
import { type ErrorName, keepLanguage, type Language, messages, startLanguage } from "./i18n.js";
import "./join-form.js";
import { Meeting } from "./meeting.js";
import "./meeting-view.js";
import type { MeetingView } from "./meeting-view.js";
import { problemOf } from "./problem.js";
import { openMicrophone } from "./room-client.js";
import { forget, remember, rememberedSeat } from "./seat-memory.js";
import { requestSeat, type Seat, ServiceError, type TokenRequest } from "./service.js";

class Page extends LitElement {
  static override properties = {
    language: { state: true },
    meeting: { state: true },
    busy: { state: true },
    problem: { state: true },
  };
  declare private language: Language;
  declare private meeting: Meeting | undefined;
  declare private busy: boolean;
  declare private problem: ErrorName | undefined;
  private room = new URLSearchParams(location.search).get("room") ?? "";
  private name = rememberedSeat(this.room)?.name ?? "";

  constructor() {
    super();
    this.language = startLanguage();
    this.busy = false;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("language") && !changed.has("meeting")) return;
    const t = messages(this.language);
    document.documentElement.lang = this.language;
    document.title = `${this.meeting ? t.roomTitle(this.meeting.room) : t.joinTitle} – Greffier`;
  }

  protected override render(): TemplateResult {
    const t = messages(this.language);
    const other: Language = this.language === "fr" ? "en" : "fr";
    return html`
      <header>
        <p class="brand">Greffier <span>${t.title}</span></p>
        <button
          type="button"
          class="plain"
          lang=${other}
          aria-label=${t.otherLanguageLabel}
          @click=${() => {
            this.language = other;
            keepLanguage(other);
          }}
        >
          ${t.otherLanguage}
        </button>
      </header>
      <main>${this.meeting ? this.inMeeting(this.meeting) : this.joinForm()}</main>
    `;
  }

  private joinForm(): TemplateResult {
    return html`<greffier-join
      .language=${this.language}
      .room=${this.room}
      .name=${this.name}
      .busy=${this.busy}
      .problem=${this.problem}
      @join=${(event: CustomEvent<TokenRequest>) => this.join(event.detail)}
    ></greffier-join>`;
  }

  private inMeeting(meeting: Meeting): TemplateResult {
    return html`<greffier-meeting
      .language=${this.language}
      .meeting=${meeting}
      @back=${this.back}
    ></greffier-meeting>`;
  }

  /** The microphone first: who is refused it has not been in the room. */
  private async join(wish: TokenRequest): Promise<void> {
    [this.busy, this.problem, this.room, this.name] = [true, undefined, wish.room, wish.name];
    try {
      const track = wish.mode === "speak" ? await opened() : undefined;
      try {
        const seat = { ...(await seatFor(wish)), name: wish.name };
        remember(seat);
        const meeting = new Meeting(new HeldSeat(seat, wish.mode), () => { this.showMeeting(); });
        await meeting.join(track);
        this.meeting = meeting;
        history.replaceState(null, "", `?room=${encodeURIComponent(wish.room)}`);
      } catch (error) {
        track?.stop();
        throw error;
      }
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.busy = false;
    }
  }

  private showMeeting(): void {
    this.querySelector<MeetingView>("greffier-meeting")?.requestUpdate();
  }

  private readonly back = (): void => {
    this.meeting = undefined;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("h1")?.focus());
  };
}

/** Whatever keeps the microphone shut is one problem to the person: a DOMException says so. */
async function opened(): ReturnType<typeof openMicrophone> {
  try {
    return await openMicrophone();
  } catch {
    throw new DOMException("the microphone is not available", "NotAllowedError");
  }
}

/** The tab's earlier seat in this room, or a new one where that is no longer accepted. */
async function seatFor(wish: TokenRequest): Promise<Seat> {
  const earlier = rememberedSeat(wish.room);
  try {
    return await requestSeat(wish, earlier);
  } catch (error) {
    const refused = error instanceof ServiceError && [401, 403].includes(error.status);
    if (!earlier || !refused) throw error;
    forget();
    return await requestSeat(wish);
  }
}

customElements.define("greffier-page", Page);
