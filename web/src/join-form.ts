/** `<greffier-join>`: the form before the meeting. Fires `join` with a TokenRequest. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { type ErrorName, type Language, messages } from "./i18n.js";
import type { Mode, TokenRequest } from "./service.js";

export class JoinForm extends LitElement {
  static override properties = {
    language: {},
    room: {},
    name: {},
    busy: { type: Boolean },
    problem: {},
  };
  declare language: Language;
  declare room: string;
  declare name: string;
  declare busy: boolean;
  declare problem: ErrorName | undefined;

  constructor() {
    super();
    this.language = "fr";
    this.room = "";
    this.name = "";
    this.busy = false;
  }

  /** In the page's own tree, for its style sheet. */
  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    const t = messages(this.language);
    return html`
      <form class="card" novalidate @submit=${this.onSubmit}>
        <h1 tabindex="-1">${t.joinTitle}</h1>
        <p class="notice">${t.noticeBefore}</p>
        ${isDemoModel() ? html`<p class="hint">${t.demoModel}</p>` : nothing}
        ${this.field("room", t.room, t.roomHint, this.room, "roomMissing")}
        ${this.field("name", t.name, t.nameHint, this.name, "nameMissing")}
        ${this.problem
          ? html`<p class="problem" id="problem" role="alert">${t.errors[this.problem]}</p>`
          : nothing}
        <div class="buttons">
          <button class="primary" name="mode" value="speak">${t.joinSpeak}</button>
          <button name="mode" value="read">${t.joinRead}</button>
        </div>
        <p class="busy" role="status">${this.busy ? t.joining : nothing}</p>
      </form>
    `;
  }

  private field(
    name: "room" | "name",
    label: string,
    hint: string,
    value: string,
    missing: ErrorName,
  ): TemplateResult {
    const isWrong = this.problem === missing || (name === "room" && isOfRoom(this.problem));
    return html`
      <div class="field">
        <label for=${name}>${label}</label>
        <span class="hint" id="${name}-hint">${hint}</span>
        <input
          id=${name}
          name=${name}
          .value=${value}
          required
          maxlength=${name === "room" ? 128 : 100}
          autocomplete=${name === "name" ? "name" : "off"}
          autocapitalize=${name === "room" ? "none" : nothing}
          spellcheck="false"
          aria-describedby="${name}-hint${isWrong ? " problem" : ""}"
          aria-invalid=${isWrong ? "true" : nothing}
        />
      </div>
    `;
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.busy) return;
    const form = event.target as HTMLFormElement;
    const fields = new FormData(form);
    this.room = (fields.get("room") as string).trim();
    this.name = (fields.get("name") as string).trim();
    const mode: Mode = (event.submitter as HTMLButtonElement | null)?.value === "read" ? "read" : "speak";
    this.problem = this.room ? (this.name ? undefined : "nameMissing") : "roomMissing";
    if (this.problem) {
      form.querySelector<HTMLInputElement>(this.room ? "#name" : "#room")?.focus();
      return;
    }
    const detail: TokenRequest = { room: this.room, name: this.name, mode };
    this.dispatchEvent(new CustomEvent("join", { detail }));
  };
}

/** The rooms service marks the page so when the demo model listens. */
function isDemoModel(): boolean {
  return document.documentElement.dataset["demoModel"] !== undefined;
}

function isOfRoom(problem: ErrorName | undefined): boolean {
  return problem === "roomRefused" || problem === "roomUnknown" || problem === "roomElsewhere";
}

customElements.define("greffier-join", JoinForm);
