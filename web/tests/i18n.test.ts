import { expect, it } from "vitest";
import { messages } from "../src/i18n.js";

it.each([
  [12, "restart", "[12 s not transcribed: service restarted]", "[12 s non transcrites : service redémarré]"],
  [1, "overload", "[1 s not transcribed: service overloaded]", "[1 s non transcrite : service surchargé]"],
  [60, "outage", "[1 min not transcribed: service out of order]", "[1 min non transcrite : service en panne]"],
  [312, "off_record", "[5 min 12 s not transcribed: off the record]", "[5 min 12 s non transcrites : hors procès-verbal]"],
  [2, "opted_out", "[2 s not transcribed: at this person’s request]", "[2 s non transcrites : à la demande de la personne]"],
  [3, "unheard_of", "[3 s not transcribed]", "[3 s non transcrites]"],
])("a gap of %i s says its length and why (%s)", (seconds, reason, english, french) => {
  for (const [language, text] of [["en", english], ["fr", french]] as const) {
    const t = messages(language);
    // Digits never break away from their unit.
    expect(t.gap(seconds, t.gapReasons[reason]).replaceAll("\u00a0", " ")).toBe(text);
  }
});
