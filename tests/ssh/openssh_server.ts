/** A real OpenSSH server for tests: its own keys, a loopback port, the current user. */
import { join } from "node:path";
import { PATIENCE } from "../eventually.ts";
import { systemAccount } from "../../src/lib/system_account.ts";
import { missingNeed, type Need } from "../needs.ts";

const SSHD = "/usr/sbin/sshd";

/** Bytes after which the keys are changed: elsewhere after gigabytes, here so that long sessions meet it. */
export const REKEY_LIMIT = 32 * 1024 * 1024;

/** What such a server needs; it lets in nobody but the user that runs it. */
export const opensshNeeds: readonly Need[] = ["sshd", "ssh-keygen", "account"];

export interface OpensshServer extends AsyncDisposable {
  readonly port: number;
  readonly username: string;
  /** Private key that the server lets in. */
  readonly privateKey: string;
  /** Its host keys, `TYPE BASE64`, by type (`ed25519`, `rsa`). */
  readonly hostKeys: Readonly<Record<string, string>>;
}

export async function startOpensshServer(
  { hostKeyTypes = ["ed25519"], authorized = [], sftp = "internal-sftp", lines = [], keyOptions = "" }: {
    hostKeyTypes?: readonly string[];
    /** Further lines of its configuration, which win over those here. */
    lines?: readonly string[];
    /** What stands before the user's key in its authorized_keys. */
    keyOptions?: string;
    /** Further public keys that it lets in. */
    authorized?: readonly string[];
    /** What serves SFTP; null: nothing does. */
    sftp?: string | null;
  } = {},
): Promise<OpensshServer> {
  const folder = await Deno.makeTempDir({ prefix: "sshd-" });
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true });
  const hostKeys: Record<string, string> = {};
  for (const type of hostKeyTypes) {
    hostKeys[type] = (await makeKey(folder, { name: `host_${type}`, type })).open;
  }
  const user = await makeKey(folder, { name: "user", type: "ed25519" });
  await Deno.writeTextFile(
    join(folder, "authorized_keys"),
    [`${keyOptions} ${user.open}`, ...authorized, ""].join("\n"),
  );
  const { port, server } = await listen(folder, { hostKeyTypes, sftp, lines });
  return {
    port,
    username: systemAccount()!.username,
    privateKey: user.secret,
    hostKeys,
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await server.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A key pair from ssh-keygen; `open` is the public one as `TYPE BASE64`. */
export async function makeKey(
  folder: string,
  { name, type, passphrase = "" }: { name: string; type: string; passphrase?: string },
): Promise<{ secret: string; open: string }> {
  const file = join(folder, name);
  const { success, stderr } = await new Deno.Command("ssh-keygen", {
    args: ["-q", "-t", type, "-N", passphrase, "-C", "", "-f", file],
  }).output();
  if (!success) throw new Error(`ssh-keygen: ${new TextDecoder().decode(stderr)}`);
  const open = (await Deno.readTextFile(`${file}.pub`)).trim().split(" ").slice(0, 2).join(" ");
  return { secret: await Deno.readTextFile(file), open };
}

/** sshd can't be told to choose a port, so a free one is tried until nobody else took it in between. */
async function listen(folder: string, settings: Settings) {
  for (let attempt = 0; attempt < 10; attempt++) {
    const port = freePort();
    await Deno.writeTextFile(join(folder, "config"), config(folder, { port, ...settings }));
    const server = new Deno.Command(SSHD, {
      args: ["-D", "-f", join(folder, "config"), "-E", join(folder, "log")],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    if (await answers(port, server)) return { port, server };
    await server.status;
  }
  throw new Error(`sshd does not start: ${await Deno.readTextFile(join(folder, "log"))}`);
}

interface Settings {
  readonly hostKeyTypes: readonly string[];
  readonly sftp: string | null;
  readonly lines: readonly string[];
}

function config(folder: string, { port, hostKeyTypes, sftp, lines }: Settings & { port: number }): string {
  return [
    ...lines,
    `ListenAddress 127.0.0.1:${port}`,
    ...(missingNeed(["ipv6"]) === null ? [`ListenAddress [::1]:${port}`] : []),
    ...hostKeyTypes.map((type) => `HostKey "${join(folder, `host_${type}`)}"`),
    `AuthorizedKeysFile "${join(folder, "authorized_keys")}"`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "MaxStartups 200",
    "PrintMotd no",
    // The account's own .bashrc, which bash reads when sshd starts it, is not what is tested.
    "SetEnv SHLVL=2",
    `RekeyLimit ${REKEY_LIMIT}`,
    ...(sftp === null ? [] : [`Subsystem sftp ${sftp}`]),
    "",
  ].join("\n");
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether it greets on that port before it ends. */
async function answers(port: number, server: Deno.ChildProcess): Promise<boolean> {
  let ended = false;
  server.status.then(() => ended = true);
  const deadline = performance.now() + PATIENCE;
  while (!ended && performance.now() < deadline) {
    if (await greets(port)) return !ended;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function greets(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const greeting = new Uint8Array(8);
    await connection.read(greeting);
    return new TextDecoder().decode(greeting).startsWith("SSH-");
  } catch {
    return false;
  }
}
