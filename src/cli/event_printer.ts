/** Reads server-sent events, and prints each on a line: `events` does. */
import type { EventView } from "../views/events.ts";
import type { CliIo } from "./cli_io.ts";
import { writeLine } from "./write_line.ts";

/** `2030-01-02T03:04:05.000Z node.ready        node 7 is ready after 42s`. @param options `kind`: the beginning of the kinds to print */
export function eventPrinter(
  stdout: CliIo["stdout"],
  { output, kind }: { output: "text" | "json"; kind: string | undefined },
): (event: EventView) => void {
  return (event) => {
    // That some are missing concerns every reader.
    const isWanted = kind === undefined || event.kind === kind || event.kind.startsWith(`${kind}.`) ||
      event.kind === "events.lost";
    if (!isWanted) return;
    if (output === "json") stdout.write(`${JSON.stringify(event)}\n`);
    else writeLine(stdout, `${event.time} ${event.kind.padEnd(20)} ${event.message}`);
  };
}

/** Comments, such as heartbeats, are passed over. `event` null: it tells where the stream is. */
export async function* eventsIn(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<{ readonly id: number; readonly event: EventView | null }> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of stream) {
    text += decoder.decode(piece, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop()!;
    for (const frame of frames) {
      const lines = frame.split("\n");
      const field = (name: string) => lines.find((line) => line.startsWith(name))?.slice(name.length);
      const [id, data] = [field("id: "), field("data: ")];
      if (id !== undefined) yield { id: Number(id), event: data === undefined ? null : JSON.parse(data) };
    }
  }
}
