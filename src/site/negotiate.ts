/** Which form a list is answered in: `?format=` says it, or the Accept header does; plain `curl` gets text. */

export const listFormats = ["text", "wide", "json", "html", "csv"] as const;

export type ListFormat = typeof listFormats[number];

const formatsByType: Readonly<Record<string, ListFormat>> = {
  "text/plain": "text",
  "application/json": "json",
  "text/html": "html",
  "text/csv": "csv",
};

/** The acceptable form that is wanted most; text where anything will do or nothing is said. */
export function acceptedFormat(accept: string | undefined): ListFormat {
  const ranges = (accept ?? "").split(",").map(parseRange).filter(({ quality }) => quality > 0);
  const best = ranges.sort((left, right) => right.quality - left.quality)
    .find(({ type }) => formatsByType[type] !== undefined || type === "*/*" || type === "text/*");
  return formatsByType[best?.type ?? ""] ?? "text";
}

/** Whether the text names one of the forms. */
export function isListFormat(text: string): text is ListFormat {
  return (listFormats as readonly string[]).includes(text);
}

function parseRange(text: string): { type: string; quality: number } {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  const value = quality === undefined ? 1 : Number(quality.slice(2));
  return { type, quality: Number.isFinite(value) ? value : 0 };
}
