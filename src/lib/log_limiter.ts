/**
 * Bounds what is written to the log of one kind of line: the same level, category and template. The first lines of a
 * minute are written, the others counted, and the count is logged when the minute is over. So nobody who floods a door
 * of the daemon fills the disk, and nothing happens without a trace in the log. `startLogging` sends each record
 * through.
 */
import { compareLogLevel, type LogLevel, type LogRecord } from "@logtape/logtape";
import type { Clock } from "./clock.ts";

/** Milliseconds. */
const MINUTE = 60_000;

/** A thousand nodes launched or deleted at once are logged one by one; troubles repeat themselves sooner. */
function mostPerMinute(level: LogLevel): number {
  return compareLogLevel(level, "warning") < 0 ? 6_000 : 100;
}

/** Kinds whose minute is counted at once; templates are written in the code, so there are far fewer. */
const MOST_KINDS = 1_000;

interface Minute {
  readonly since: number;
  readonly first: LogRecord;
  written: number;
  omitted: number;
}

export class LogLimiter {
  readonly #minutes = new Map<string, Minute>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The records to write for a record: none, or itself, perhaps after a summary of those omitted before. */
  admit(record: LogRecord): readonly LogRecord[] {
    const kind = kindOf(record);
    const ended = this.#endMinute(kind);
    if (!this.#minutes.has(kind)) ended.push(...this.#beginMinute(kind, record));
    const minute = this.#minutes.get(kind)!;
    if (minute.written >= mostPerMinute(record.level)) minute.omitted++;
    else {
      minute.written++;
      ended.push(record);
    }
    return ended;
  }

  /** Summaries of the records omitted in minutes that are over; with `all`, in current ones too. */
  tell({ all = false }: { all?: boolean } = {}): readonly LogRecord[] {
    return [...this.#minutes.keys()].flatMap((kind) => this.#endMinute(kind, { all }));
  }

  /** @returns the records to write for the kind that had to make room */
  #beginMinute(kind: string, first: LogRecord): LogRecord[] {
    const [oldest] = this.#minutes.keys();
    const ended = this.#minutes.size < MOST_KINDS ? [] : this.#endMinute(oldest!, { all: true });
    this.#minutes.set(kind, { since: this.#clock.monotonic(), first, written: 0, omitted: 0 });
    return ended;
  }

  #endMinute(kind: string, { all = false }: { all?: boolean } = {}): LogRecord[] {
    const minute = this.#minutes.get(kind);
    if (minute === undefined || (!all && this.#clock.monotonic() - minute.since < MINUTE)) return [];
    this.#minutes.delete(kind);
    return minute.omitted === 0 ? [] : [summaryOf(minute, this.#clock.now())];
  }
}

function kindOf({ level, category, rawMessage }: LogRecord): string {
  return [level, category.join("."), templateOf(rawMessage)].join("\n");
}

function templateOf(rawMessage: LogRecord["rawMessage"]): string {
  return typeof rawMessage === "string" ? rawMessage : rawMessage.join("{}");
}

function summaryOf({ first, omitted }: Minute, timestamp: number): LogRecord {
  const text = `... ${omitted.toLocaleString("en-US")} more like this in the last minute: `;
  const like = templateOf(first.rawMessage);
  return {
    ...first,
    timestamp,
    message: [`${text}${like}`],
    rawMessage: text,
    properties: { omitted, like },
  };
}
