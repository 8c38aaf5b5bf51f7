/** The people of the room by name, each with a mark in words. The hidden agent is never among them. */

import { html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Messages } from "./i18n.js";
import type { Person } from "./room-client.js";

export function peopleList(people: readonly Person[], t: Messages): TemplateResult {
  return html`
    <section class="people" aria-labelledby="people-title">
      <h2 id="people-title">${t.people} (${people.length})</h2>
      <ul>
        ${repeat(
          people,
          (person) => person.identity,
          (person) => html`
            <li ?data-speaking=${person.speaking}>
              <span class="name">${person.name}${person.isMe ? ` (${t.you})` : ""}</span>
              <span class="mark">${mark(person, t)}</span>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

function mark(person: Person, t: Messages): string {
  if (person.microphone === "none") return t.micNone;
  if (person.microphone === "muted") return t.micMuted;
  return person.speaking ? t.speaking : t.micOn;
}
