/** The language of the page: the browser's, until the person chooses. */

import { en } from "./messages-en.js";
import { fr, type Messages } from "./messages-fr.js";

export type Language = "fr" | "en";
export type ErrorName = keyof Messages["errors"];
export type { Messages };

const KEY = "greffier.language";
const MESSAGES: Readonly<Record<Language, Messages>> = { fr, en };

export function messages(language: Language): Messages {
  return MESSAGES[language];
}

/** The kept choice, else the first of the browser's languages that the page has, else French. */
export function startLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  const wanted = [kept ?? "", ...navigator.languages].map((tag) => tag.slice(0, 2));
  return wanted.find((tag): tag is Language => tag === "fr" || tag === "en") ?? "fr";
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
}
