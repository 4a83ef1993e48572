/** Asks somebody at a terminal: the choices by number, the proposed one on a bare Return. */
import { type Choice, type Dialog, findChoice } from "../domain/first_config.ts";
import { visibleText } from "../lib/visible_text.ts";
import { InterruptedError } from "./cli_error.ts";
import type { CliIo } from "./cli_io.ts";

/** Choices that are shown; any other can be given by its name. */
const MOST_SHOWN = 15;

export function askOnTerminal(io: Pick<CliIo, "ask" | "stderr">, signal: AbortSignal): Dialog {
  const ask = async (prompt: string) => {
    const answer = await io.ask(prompt, { signal });
    if (answer !== null) return answer.trim();
    io.stderr.write("\n");
    throw new InterruptedError("the input has ended: nothing was written");
  };
  return {
    async choose({ what, choices, unclear = null }) {
      io.stderr.write(`\n${listChoices(what, choices)}`);
      for (;;) {
        const answer = await ask(unclear === null ? `${what} [1]: ` : `${what}: `);
        const chosen = answer === "" && unclear === null ? choices[0] : chosenBy(answer, choices);
        if (chosen) return chosen.value;
        if (answer !== "") io.stderr.write(`there is no ${what} ${visibleText(answer)}\n`);
      }
    },
    async enter({ what, proposal }) {
      for (;;) {
        const answer = await ask(
          `\n${visibleText(what)}${proposal === null ? "" : ` [${visibleText(proposal)}]`}: `,
        );
        const text = answer === "" ? proposal : answer;
        if (text !== null) return text;
      }
    },
  };
}

function listChoices(what: string, choices: readonly Choice<unknown>[]): string {
  const lines = choices.slice(0, MOST_SHOWN).map(({ label }, index) =>
    `${String(index + 1).padStart(4)}  ${visibleText(label)}\n`
  );
  const more = choices.length - MOST_SHOWN;
  return lines.join("") + (more > 0 ? `      and ${more} more: type the name of any ${what}\n` : "");
}

/** By name before number: a name may be a number. */
function chosenBy<Value>(answer: string, choices: readonly Choice<Value>[]): Choice<Value> | undefined {
  return findChoice(answer, choices) ?? (/^\d+$/.test(answer) ? choices[Number(answer) - 1] : undefined);
}
