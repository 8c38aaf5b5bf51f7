/** The minutes on the page. Text nodes only: what was said is never markup. */

import { html, nothing, type TemplateResult } from "lit";
import type { Messages } from "./i18n.js";
import type { Action, Claim, Minutes } from "./minutes.js";

export function minutesView(minutes: Minutes, t: Messages): TemplateResult {
  const parts = [
    part(t.summary, minutes.summary.map(sentence)),
    part(t.decisions, minutes.decisions.map(sentence)),
    part(t.actions, minutes.actions.map((action) => task(action, t))),
    part(t.questions, minutes.questions.map(sentence)),
  ].filter((one) => one !== nothing);
  return html`
    <section class="minutes card" aria-labelledby="minutes-title">
      <h2 id="minutes-title" tabindex="-1">${t.minutes}</h2>
      <p class="machine">${t.minutesMachine}</p>
      <div lang=${minutes.language || nothing}>
        ${minutes.note ? html`<p class="note">${minutes.note}</p>` : nothing} ${parts}
      </div>
      ${parts.length === 0 ? html`<p>${t.minutesNothing}</p>` : nothing}
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

function sentence(claim: Claim): TemplateResult {
  return html`<li>${claim.text}</li>`;
}

function task(action: Action, t: Messages): TemplateResult {
  const about = [action.owner, action.due && `${t.due} : ${action.due}`].filter(Boolean).join(", ");
  return html`<li>
    ${action.text} ${about ? html`<span class="about">${about}</span>` : nothing}
  </li>`;
}
