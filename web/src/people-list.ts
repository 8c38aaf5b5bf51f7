/** The people of the room by name, each with a mark in words. The hidden agent is never among them. */

import { html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Messages } from "./i18n.js";
import type { Person } from "./room-client.js";

/** `talking`: identities whose words are coming in; readers get no other sign of who speaks. */
export function peopleList(
  people: readonly Person[],
  talking: ReadonlySet<string>,
  t: Messages,
): TemplateResult {
  const speaks = (person: Person): boolean => person.speaking || talking.has(person.identity);
  return html`
    <section class="people" aria-labelledby="people-title">
      <h2 id="people-title">${t.people} (${people.length})</h2>
      <ul>
        ${repeat(
          people,
          (person) => person.identity,
          (person) => html`
            <li ?data-speaking=${speaks(person)}>
              <span class="name">${person.name}${person.isMe ? ` (${t.you})` : ""}</span>
              <span class="mark">${mark(person, speaks(person), t)}</span>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

function mark(person: Person, speaks: boolean, t: Messages): string {
  if (person.microphone === "none") return t.micNone;
  if (person.optedOut) return t.notTranscribed;
  if (person.microphone === "muted") return t.micMuted;
  return speaks ? t.speaking : t.micOn;
}
