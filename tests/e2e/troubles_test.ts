/** Whoever looks into a trouble finds its cause and its remedy in the first five lines, wherever they look. */
import { wrapWords } from "../../src/lib/wrap_words.ts";
import type { RunningPool } from "./running_pool.ts";
import { type Trouble, troubles } from "./troubles.ts";

/** As a terminal of 80 columns shows them, without its line breaks. */
function firstLines(text: string): string {
  const lines = text.split("\n").flatMap((line) => {
    const indent = line.match(/^ */)![0];
    return wrapWords(line.trimStart(), 80 - indent.length);
  });
  return lines.slice(0, 5).join(" ");
}

/** The first problem on the dashboard, as somebody reads it. */
function firstProblem(page: string): string {
  const [, item = ""] =
    page.match(/<section id="verdict".*?<li class="problem"[^>]*>(.*?)<p class="facts">/s) ?? [];
  return item.replaceAll(/<[^>]*>/g, "").replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll(
    /\s+/g,
    " ",
  );
}

/** Waits until both are among the first lines. */
async function untilTold(
  pool: RunningPool,
  { cause, remedy }: Trouble,
  read: () => Promise<string>,
): Promise<void> {
  let text = "";
  const isTold = async () => {
    text = await read();
    return cause.test(text) && remedy.test(text);
  };
  await pool.until(isTold).catch((error) => {
    throw new Error(`${text}\n${error.message}`);
  });
}

/** The standard error of a command that is running, as far as it has come. */
function following(child: Deno.ChildProcess): { text: string; readonly end: Promise<void> } {
  const followed = { text: "", end: Promise.resolve() };
  followed.end = child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (chunk) => void (followed.text += chunk) }),
  );
  return followed;
}

for (const [name, trouble] of Object.entries(troubles)) {
  Deno.test(`${name}: whoever waits or asks is told the cause and the remedy first of all`, async () => {
    await using pool = await trouble.start();
    await pool.until(async () => {
      await using daemon = await pool.connect();
      return daemon !== null;
    });
    await pool.until(async () => (await pool.count("building")) === 0);
    const waiting = trouble.isHandedOut === false ? null : pool.spawn("acquire", "big", "--wait", "5m");
    const said = waiting === null ? null : following(waiting);
    if (said !== null) {
      await untilTold(pool, trouble, () => Promise.resolve(firstLines(said.text)));
    }
    const run = async (...args: string[]) => firstLines((await pool.run(...args)).stdout);
    await untilTold(pool, trouble, () => run("explain", "big"));
    await untilTold(pool, trouble, () => run("status"));
    const ask = async (path: string) =>
      firstLines(await (await pool.fetch(path, { headers: { accept: "text/plain" } })).text());
    await untilTold(pool, trouble, () => ask("/explain/big"));
    await untilTold(pool, trouble, () => ask("/status"));
    await untilTold(pool, trouble, async () => firstProblem(await (await pool.fetch("/")).text()));
    waiting?.kill("SIGINT");
    await said?.end;
    await waiting?.stdout.cancel();
    await waiting?.status;
  });
}
