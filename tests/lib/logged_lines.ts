/** For tests of what is logged: the records that are logged under `nodepool` while something runs. */
import { configure, type LogRecord, reset } from "@logtape/logtape";

export async function loggedLines(run: () => Promise<unknown> | unknown): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { memory: (record: LogRecord) => void records.push(record) },
    loggers: [
      { category: "nodepool", sinks: ["memory"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "error" },
    ],
  });
  try {
    await run();
  } finally {
    await reset();
  }
  return records;
}
