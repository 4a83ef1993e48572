/** Which form an answer has: `?format=` says it, or the Accept header does; plain `curl` gets text. */

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
  const best = mostWanted(accept, [...Object.keys(formatsByType), "text/*", "*/*"]);
  return formatsByType[best ?? ""] ?? "text";
}

/** Whether metrics are wanted as OpenMetrics rather than as Prometheus' own text. */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  const type = "application/openmetrics-text";
  return mostWanted(accept, [type, "text/plain", "text/*", "*/*"]) === type;
}

/** @param header Accept-Encoding */
export function acceptsGzip(header: string | undefined): boolean {
  const ranges = rangesOf(header);
  const own = ranges.find(({ type }) => type === "gzip") ?? ranges.find(({ type }) => type === "*");
  return own !== undefined && own.quality > 0;
}

function mostWanted(accept: string | undefined, known: readonly string[]): string | undefined {
  return rangesOf(accept).filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality)
    .find(({ type }) => known.includes(type))?.type;
}

function rangesOf(header = ""): { type: string; quality: number }[] {
  return header.split(",").map(parseRange);
}

export function isListFormat(text: string): text is ListFormat {
  return (listFormats as readonly string[]).includes(text);
}

function parseRange(text: string): { type: string; quality: number } {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  const value = quality === undefined ? 1 : Number(quality.slice(2));
  return { type, quality: Number.isFinite(value) ? value : 0 };
}
