/**
 * The output of ready scripts that run, for anyone who wants to know what one is doing: its end, in bounded memory.
 * How one failed is in the node's evidence. The executor holds it.
 */
import { OutputTail } from "../lib/output_tail.ts";

export class ScriptOutputs {
  readonly #running = new Map<number, OutputTail>();

  /** null: no script runs on the node. */
  read(nodeId: number): string | null {
    return this.#running.get(nodeId)?.text() ?? null;
  }

  /** Takes the output of a script until it is disposed of. */
  begin(nodeId: number): Disposable & { readonly add: (chunk: Uint8Array) => void } {
    const tail = new OutputTail();
    this.#running.set(nodeId, tail);
    return {
      add: (chunk) => tail.add(chunk),
      [Symbol.dispose]: () => {
        if (this.#running.get(nodeId) === tail) this.#running.delete(nodeId);
      },
    };
  }
}
