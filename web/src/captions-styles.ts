import { css } from "lit";

/** Styles of `<greffier-captions>`; the page's custom properties reach into its shadow root. */
export const captionsStyles = css`
  :host {
    --text: var(--greffier-text, CanvasText);
    --mention: var(--greffier-mention, CanvasText);
    --accent: var(--greffier-accent, LinkText);
    --on-accent: var(--greffier-on-accent, Canvas);
    --line: var(--greffier-line, GrayText);
    --control: var(--greffier-control, GrayText);
    display: flex;
    flex-direction: column;
    min-height: 0;
    color: var(--text);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 1.5rem;
    padding-block-end: 0.75rem;
  }
  h2 {
    flex: 1 1 auto;
    margin: 0;
    font-size: 1.125rem;
    line-height: 1.4;
  }
  .size {
    display: flex;
    gap: 0.25rem;
  }
  button {
    position: relative;
    min-inline-size: 2.5rem;
    min-block-size: 2.5rem;
    border: 1px solid var(--control);
    border-radius: 0.25rem;
    padding: 0 0.75rem;
    background: none;
    color: var(--accent);
    font: inherit;
    font-weight: 500;
    cursor: pointer;
  }
  button[aria-disabled="true"] {
    color: var(--mention);
    cursor: default;
  }
  label {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
    min-block-size: 2.5rem;
    cursor: pointer;
  }
  input {
    inline-size: 1.25rem;
    block-size: 1.25rem;
    flex: none;
    margin: 0;
    accent-color: var(--accent);
  }
  :focus-visible {
    outline: 2px solid var(--greffier-focus, Highlight);
    outline-offset: 2px;
  }
  .frame {
    position: relative;
    display: flex;
    flex: 1 1 auto;
    min-height: 0;
  }
  .log {
    flex: 1 1 auto;
    overflow-y: auto;
    overscroll-behavior: contain;
    border-block-start: 1px solid var(--line);
    padding-block: 1rem 0;
    line-height: 1.5;
    overflow-wrap: anywhere;
  }
  .log[data-size="0"] { font-size: 1rem; }
  .log[data-size="1"] { font-size: 1.25rem; }
  .log[data-size="2"] { font-size: 1.5rem; }
  .log[data-size="3"] { font-size: 2rem; }
  .empty {
    margin: 0;
    color: var(--mention);
    font-size: 1rem;
  }
  .turn {
    border-inline-start: 0.25rem solid var(--line);
    padding-inline-start: 1rem;
  }
  .turn + .turn {
    margin-block-start: 1.25em;
  }
  .turn.open {
    border-inline-start-color: var(--accent);
  }
  .who {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 0.75rem;
    margin: 0 0 0.125em;
  }
  .name {
    font-weight: 700;
    font-size: max(0.875rem, 0.8em);
  }
  time {
    color: var(--mention);
    font-size: 0.875rem;
    font-variant-numeric: tabular-nums;
  }
  .said {
    margin: 0;
    max-inline-size: 65ch;
  }
  .tail {
    color: var(--mention);
    font-style: italic;
  }
  /* Not by colour and slant alone, and nothing for a screen reader. */
  .tail::after {
    content: "…";
    content: "…" / "";
  }
  .late {
    margin: 0;
    color: var(--mention);
  }
  .late:not(:empty) {
    padding-block-end: 0.5rem;
  }
  .translation {
    margin: 0;
    color: var(--mention);
    font-size: max(0.875rem, 0.8em);
    font-style: italic;
  }
  .gap {
    color: var(--mention);
    font-size: max(0.875rem, 0.8em);
  }
  .jump {
    position: absolute;
    inset-block-end: 1rem;
    inset-inline: 0;
    inline-size: max-content;
    margin-inline: auto;
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  .spoken {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
