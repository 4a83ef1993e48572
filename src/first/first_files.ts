/** The files of a first configuration on this machine's disk: looked at first, then written all or not at all. */
import { basename, dirname, extname, join } from "node:path";
import { fileReason } from "../lib/file_reason.ts";
import { ifThere } from "../lib/if_there.ts";
import { newFileProblem, resolveFile } from "../lib/new_file.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { writeWhole } from "../lib/write_whole.ts";
import { FirstConfigError } from "./dialog.ts";
import { SCHEMA_FILE } from "./first_config_text.ts";
import type { KeyChoice, LocalKey } from "./offered_keys.ts";

interface FirstFilesOptions {
  readonly output: string;
  readonly home: string;
  /** The JSON Schema for editors. */
  readonly schema: string;
  /** A new key pair in OpenSSH's form. */
  readonly generateKey: () => Promise<{ readonly private: string; readonly public: string }>;
}

/** The service's own folder, whose state lies in /var/lib. */
const SERVICE_FOLDER = "/etc/nodepool";
const KEY_NAMES = ["id_ed25519", "id_ecdsa", "id_rsa"];

export class FirstFiles {
  readonly output: string;
  readonly #folder: string;
  readonly #options: FirstFilesOptions;
  #newKeyPath = "";

  constructor(options: FirstFilesOptions) {
    this.output = resolveFile(options.output);
    this.#folder = dirname(this.output);
    this.#options = options;
  }

  /** null: the default is right. */
  get state(): string | null {
    const name = basename(this.output, extname(this.output));
    return this.#folder === SERVICE_FOLDER ? null : join(this.#folder, `${name}.kv`);
  }

  /** Where nothing is yet. */
  get newKeyPath(): string {
    return this.#newKeyPath;
  }

  /** @throws FirstConfigError where the configuration cannot be put */
  async prepare(): Promise<void> {
    const problem = await newFileProblem(this.output, { option: "--output" });
    if (problem !== null) throw new FirstConfigError(problem);
    for (let count = 1; this.#newKeyPath === ""; count++) {
      const path = join(this.#folder, count === 1 ? "id_ed25519" : `id_ed25519-${count}`);
      if (!await isThere(path) && !await isThere(`${path}.pub`)) this.#newKeyPath = path;
    }
  }

  /** The keys that are here and can be used: beside the configuration, then the user's own. */
  async keys(): Promise<readonly LocalKey[]> {
    const folders = [...new Set([this.#folder, join(this.#options.home, ".ssh")])];
    const paths = folders.flatMap((folder) => KEY_NAMES.map((name) => join(folder, name)));
    const found = await Promise.all(paths.map(async (path) => {
      const text = await Deno.readTextFile(path).catch(() => null);
      const read = text === null ? null : readLoginKey(text, path);
      return read !== null && "publicKey" in read ? [{ path, publicKey: read.publicKey }] : [];
    }));
    return found.flat();
  }

  /** @param register gives the public key to the cloud; where that fails, all files go again */
  async write(
    text: string,
    { key, register }: { key: KeyChoice; register: (publicKey: string) => Promise<void> },
  ): Promise<void> {
    await using made = new AsyncDisposableStack();
    const put = (path: string, content: string, mode: number) => createFile(path, { content, mode, made });
    let { publicKey } = key;
    if (key.register === "new") {
      const pair = await this.#options.generateKey();
      publicKey = pair.public;
      await put(key.path, pair.private, 0o600);
      await put(`${key.path}.pub`, `${pair.public} nodepool\n`, 0o644);
    }
    const schema = join(this.#folder, SCHEMA_FILE);
    if (!await isThere(schema)) await put(schema, this.#options.schema, 0o644);
    await put(this.output, text, 0o644);
    if (key.register !== null) await register(publicKey!);
    made.move();
  }
}

async function isThere(path: string): Promise<boolean> {
  const found = await ifThere(Deno.lstat(path)).catch((error) => {
    throw new FirstConfigError(`cannot look at ${path}: ${fileReason(error)}`, { cause: error });
  });
  return found !== null;
}

/** Never in the place of another. */
async function createFile(
  path: string,
  { content, mode, made }: { content: string; mode: number; made: AsyncDisposableStack },
): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, createNew: true, mode });
    made.defer(() => Deno.remove(path));
    writeWhole(file, content);
  } catch (error) {
    throw new FirstConfigError(`cannot write ${path}: ${fileReason(error)}`, { cause: error });
  }
}
