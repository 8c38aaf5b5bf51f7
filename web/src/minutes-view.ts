/** The minutes on the page. Text nodes only: what was said is never markup. */

import { html, nothing, type TemplateResult } from "lit";
import type { Messages } from "./i18n.js";
import type { Action, Claim, Minutes } from "./minutes.js";

/** What `made_by` says of an extract. */
const DIGEST = "digest";

/** `languages`: of the record's lines, by id. Headings are the page's, an extract's lines whoever's. */
export function minutesView(
  minutes: Minutes,
  languages: ReadonlyMap<string, string>,
  t: Messages,
): TemplateResult {
  const sentence = (claim: Claim): TemplateResult =>
    html`<li lang=${languageOf(claim, minutes, languages)}>${claim.text}</li>`;
  const task = (action: Action): TemplateResult =>
    html`<li>
      <span lang=${languageOf(action, minutes, languages)}>${action.text}</span>
      ${about(action, t)}
    </li>`;
  // An extract is not called a summary.
  const heading = minutes.madeBy === "digest" ? t.extracts : t.summary;
  const parts = [
    part(heading, minutes.summary.map(sentence)),
    part(t.decisions, minutes.decisions.map(sentence)),
    part(t.actions, minutes.actions.map(task)),
    part(t.questions, minutes.questions.map(sentence)),
  ].filter((one) => one !== nothing);
  return html`
    <section class="minutes card" aria-labelledby="minutes-title">
      <h2 id="minutes-title" tabindex="-1">${t.minutes}</h2>
      <p class="machine">${t.minutesMachine}</p>
      ${minutes.note
        ? html`<p class="note" lang=${minutes.language || nothing}>${minutes.note}</p>`
        : nothing}
      ${parts} ${parts.length === 0 ? html`<p>${t.minutesNothing}</p>` : nothing}
    </section>
  `;
}

function part(title: string, items: readonly TemplateResult[]): TemplateResult | typeof nothing {
  if (items.length === 0) return nothing;
  return html`<h3>${title}</h3>
    <ul>
      ${items}
    </ul>`;
}

function about(action: Action, t: Messages): TemplateResult | typeof nothing {
  const parts = [action.owner, action.due && `${t.due} : ${action.due}`].filter(Boolean);
  return parts.length > 0 ? html`<span class="about">${parts.join(", ")}</span>` : nothing;
}

/** Only an extract quotes; an LLM writes in the minutes' own language whatever it rests on. */
function languageOf(
  claim: Claim,
  minutes: Minutes,
  languages: ReadonlyMap<string, string>,
): string | typeof nothing {
  const quoted = minutes.madeBy === DIGEST && languages.get(claim.segments[0] ?? "");
  return quoted || minutes.language || nothing;
}
