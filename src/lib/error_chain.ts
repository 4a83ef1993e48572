/** An error and its causes as one line, for the edges where they are shown: the command line and the log. */
import { fileReason } from "./file_reason.ts";
import { oneLine } from "./visible_text.ts";

/** Deeper causes are left out: a chain that long goes in circles, or nobody reads it. */
const MAX_DEPTH = 8;

/** `Permission denied (os error 13): open '/a'` */
const OF_FILE = /\(os error \d+\): \w+ '(.*)'$/;

/** @returns `a: b: c`, without a cause that what stands before it says already; whatever was thrown */
export function errorChain(error: unknown): string {
  let text = "";
  try {
    let cause = error;
    for (let depth = 0; depth < MAX_DEPTH && (depth === 0 || (cause ?? null) !== null); depth++) {
      const own = saysFile(text, cause) ? fileReason(cause) : textOf(cause);
      if (!text.includes(own)) text += text === "" ? own : `: ${own}`;
      cause = cause instanceof Error ? cause.cause : undefined;
    }
  } catch {
    // Its message cannot be read.
  }
  return text === "" ? "an error without a description" : text;
}

/** Whether the file that the machine speaks of is named already. */
function saysFile(text: string, error: unknown): boolean {
  const file = error instanceof Error ? OF_FILE.exec(error.message)?.[1] : undefined;
  return file !== undefined && text.includes(file);
}

function textOf(value: unknown): string {
  return oneLine((value instanceof Error ? errorText(value) : otherText(value)).trim());
}

/** Several errors at once (a happy-eyeballs connect, `Promise.any`) often have no message of their own. */
function errorText(error: Error): string {
  const message = String(error.message ?? "");
  if (message !== "") return message;
  const parts = error instanceof AggregateError ? error.errors.map(otherText) : [];
  return parts.length > 0 ? [...new Set(parts)].join("; ") : error.name;
}

function otherText(value: unknown): string {
  if (value instanceof Error) return value.message === "" ? value.name : value.message;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
