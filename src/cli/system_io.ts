/** The process itself as the commands' surroundings. Only `mod.ts` uses it. */
import { systemClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { systemAccount, systemHome } from "../lib/system_account.ts";
import { InterruptedError } from "./cli_error.ts";
import type { CliIo, CliOutput, Interrupts } from "./cli_io.ts";

export const systemIo: CliIo = {
  stdout: outputTo(Deno.stdout),
  stderr: outputTo(Deno.stderr),
  clock: systemClock,
  random: systemRandom,
  env: (name) => Deno.env.get(name),
  account: () => systemAccount()?.username ?? null,
  home: systemHome,
  interrupts: interruptsOfProcess,
};

function outputTo(stream: typeof Deno.stdout): CliOutput {
  return {
    write(text) {
      let rest = new TextEncoder().encode(text);
      while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
    },
    get columns() {
      return stream.isTerminal() ? Deno.consoleSize().columns : null;
    },
  };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function interruptsOfProcess(): Interrupts {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new InterruptedError("interrupted"));
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
    },
  };
}
