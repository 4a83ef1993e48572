/**
 * Edits on their way into the state, in the order in which they were asked for. All that are asked for while a commit is
 * being written go together into the next one; each caller gets its own result or its own error. The ledger has one.
 */
import type { Draft, Layer } from "./draft.ts";
import { StoreError } from "./store.ts";

/** A commit that is formed takes no further edits beyond this number of changes: the store writes that many at once. */
const COMMIT_SIZE = 400;

interface EditQueueDeps {
  /** For the edits of one commit. */
  readonly draft: () => Draft;
  /** Stores it. @throws StoreError where the state takes none now; anything else concerns an edit of it */
  readonly write: (draft: Draft) => Promise<void>;
}

export class EditQueue {
  readonly #deps: EditQueueDeps;
  readonly #queue: QueuedEdit[] = [];
  /** How many edits at the head of the queue get a commit of their own each. */
  #apart = 0;
  #draining: Promise<void> | null = null;

  constructor(deps: EditQueueDeps) {
    this.#deps = deps;
  }

  /** Edits that no commit has been formed of yet. */
  get size(): number {
    return this.#queue.length;
  }

  /** Resolves once all are stored, or refused; null: they are. */
  get end(): Promise<void> | null {
    return this.#draining;
  }

  /** @param finish makes the caller's result, once what the edit did is stored */
  add<Ran, Result>(run: (layer: Layer) => Ran, finish: (ran: Ran) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#queue.push({
        run(draft) {
          const ran = draft.run(run);
          return () => resolve(finish(ran));
        },
        reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // One turn later, so that edits asked for one right after the other share a commit from the first on.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#writeNext();
    this.#draining = null;
  }

  async #writeNext(): Promise<void> {
    const { draft, formed } = this.#form();
    try {
      await this.#deps.write(draft);
    } catch (error) {
      return this.#refuse(formed, error);
    }
    for (const { resolve } of formed) resolve();
  }

  #form(): { draft: Draft; formed: FormedEdit[] } {
    const draft = this.#deps.draft();
    const formed: FormedEdit[] = [];
    const most = this.#apart > 0 ? 1 : this.#queue.length;
    let taken = 0;
    while (taken < most && draft.size < COMMIT_SIZE) {
      const edit = this.#queue[taken++]!;
      try {
        formed.push({ edit, resolve: edit.run(draft) });
      } catch (error) {
        edit.reject(error);
      }
    }
    this.#queue.splice(0, taken);
    this.#apart = Math.max(0, this.#apart - taken);
    return { draft, formed };
  }

  /** A state that cannot be written concerns all; anything else one edit, which shows when each has a commit of its own. */
  #refuse(formed: readonly FormedEdit[], error: unknown): void {
    if (error instanceof StoreError || formed.length === 1) {
      for (const { edit } of formed) edit.reject(error);
      return;
    }
    this.#queue.unshift(...formed.map(({ edit }) => edit));
    this.#apart += formed.length;
  }
}

interface QueuedEdit {
  /** Runs the edit on the draft; returns what resolves its caller's promise. */
  run(draft: Draft): () => void;
  reject(error: unknown): void;
}

interface FormedEdit {
  readonly edit: QueuedEdit;
  resolve(): void;
}
