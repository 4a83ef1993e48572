/** Amounts as a bar, stacked from the left, against a whole and with a mark where there is one. An inline SVG. */
import { html } from "hono/html";
import type { Markup } from "../page.ts";

interface Bar {
  /** In words: all that the bar shows. */
  readonly label: string;
  /** `kind` is a class of the style sheet. */
  readonly parts: readonly { readonly kind: string; readonly amount: number }[];
  /** The amount that the whole width stands for. */
  readonly whole: number;
  readonly mark?: number | undefined;
}

/** Less would not be seen. Percent. */
const LEAST = 1.5;

export function renderBar({ label, parts, whole, mark = 0 }: Bar): Markup {
  const all = Math.max(whole, parts.reduce((sum, { amount }) => sum + amount, 0), mark, 1);
  let left = 0;
  const rects = parts.filter(({ amount }) => amount > 0).map(({ kind, amount }) => {
    const width = Math.max(LEAST, amount / all * 100);
    const x = Math.min(left, 100 - width);
    left += width;
    return html`
      <rect class="${kind}" x="${round(x)}%" width="${round(width)}%" height="100%" />
    `;
  });
  const line = mark > 0
    ? html`
      <rect class="mark" x="${round(Math.min(99, mark / all * 100))}%" y="-25%" width="2" height="150%" />
    `
    : "";
  return html`<svg class="bar" role="img" aria-label="${label}">${rects}${line}</svg>`;
}

function round(percent: number): number {
  return Math.round(percent * 10) / 10;
}
