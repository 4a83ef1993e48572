/**
 * The SSH side of simulated servers: one listener for all of 127.0.0.0/8; the address that a client connected to
 * tells which server is meant. Each has its own host key. Nothing is ever run on this machine: commands get the
 * answers of `login_rules.ts`, and files that are copied stay in memory.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import ssh2, { type AuthContext, type CipherAlgorithm, type Connection, type ServerChannel } from "ssh2";
import { releaseDecipher } from "../ssh/release_decipher.ts";
import type { CloudState } from "./cloud_state.ts";
import { hostKeyOf } from "./host_key.ts";
import { runCommand } from "./command_run.ts";
import { letsIn } from "./login_rules.ts";
import { homeOf } from "./server_files.ts";
import { serveSftp } from "./sftp_server.ts";
import { answersSshAt, type SimulatedServer } from "./simulated_server.ts";
import type { Simulator } from "./simulator.ts";

export interface SshServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * @param options `port` 0 lets the system choose
 * @throws Error where the port is taken
 */
export async function startSshServer(simulator: Simulator, { port }: { port: number }): Promise<SshServer> {
  const open = new Set<Socket>();
  const listener = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    // A client that goes away in the middle of anything is nothing to tell.
    socket.on("error", () => {});
    receive(simulator, socket);
  });
  await listening(listener, port);
  return {
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const ended = new Promise<void>((resolve) => listener.close(() => resolve()));
      const sockets = [...open].map((socket) =>
        new Promise<void>((resolve) => socket.once("close", () => resolve()).destroy())
      );
      await Promise.all([ended, ...sockets]);
    },
  };
}

interface Login {
  readonly simulator: Simulator;
  readonly cloud: CloudState;
  readonly server: SimulatedServer;
  readonly socket: Socket;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
}

function receive(simulator: Simulator, socket: Socket): void {
  const found = simulator.serverAt(addressOf(socket));
  if (found === null || !answersSshAt(found.server, simulator.clock.now())) {
    socket.destroy();
    return;
  }
  const gone = new AbortController();
  socket.once("close", () => gone.abort(new Error("the client is gone")));
  const login: Login = { simulator, socket, gone: gone.signal, ...found };
  const { privateKey } = hostKeyOf(found.server);
  const ssh = new ssh2.Server({
    hostKeys: [privateKey],
    ident: "OpenSSH_9.2p1 simulated",
    // ssh2's compression breaks the connection here; a client that asks for it (`-C`) does without.
    algorithms: { cipher: CIPHERS, compress: ["none"] },
  });
  ssh.on("connection", (connection, { header }) => {
    socket.once("close", () => releaseDecipher(connection));
    serveConnection(login, { connection, isOpenSsh: header.versions.software.startsWith("OpenSSH") });
  });
  socket.setNoDelay(true);
  ssh.injectSocket(socket);
}

/** Those whose state ends with each packet: ssh2 never gives back that of the others, and Deno keeps count. */
const CIPHERS: CipherAlgorithm[] = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"];

/** IPv4, also where the listener speaks IPv6. */
function addressOf(socket: Socket): string {
  return (socket.localAddress ?? "").replace(/^::ffff:/, "");
}

function serveConnection(
  login: Login,
  { connection, isOpenSsh }: { connection: Connection; isOpenSsh: boolean },
): void {
  connection.on("error", () => {});
  let home = "/";
  connection.on("authentication", (context) => {
    home = homeOf(context.username);
    authenticate(login, context);
  });
  connection.on("session", (accept) => {
    const session = accept();
    session.on("pty", (acceptPty) => acceptPty?.());
    session.on("env", (acceptEnv) => acceptEnv?.());
    session.on("sftp", (acceptSftp) => {
      const { server: { files }, simulator: { clock } } = login;
      serveSftp(acceptSftp(), { files, home, clock, isOpenSsh });
    });
    session.on(
      "shell",
      (acceptShell) => answerCommand(login, { command: "", connection, channel: acceptShell() }),
    );
    session.on("exec", (acceptExec, _reject, { command }) => {
      answerCommand(login, { command, connection, channel: acceptExec() });
    });
  });
}

function authenticate({ cloud, server }: Login, context: AuthContext): void {
  if (context.method !== "publickey") return context.reject(["publickey"]);
  const publicKey = `${context.key.algo} ${context.key.data.toString("base64")}`;
  const { ssh } = cloud.settings;
  if (!letsIn(ssh, server, { username: context.username, publicKey: () => typed(publicKey) })) {
    return context.reject(["publickey"]);
  }
  // Without a signature the client only asks whether the key would do.
  if (context.signature === undefined || context.blob === undefined) return context.accept();
  const key = ssh2.utils.parseKey(context.key.data);
  const one = Array.isArray(key) ? key[0] : key;
  const proven = !(one instanceof Error) && one !== undefined &&
    one.verify(context.blob, context.signature, context.hashAlgo) === true;
  return proven ? context.accept() : context.reject(["publickey"]);
}

/** The type as in key files: RSA keys prove themselves under newer names. */
function typed(publicKey: string): string {
  return publicKey.replace(/^rsa-sha2-\d+ /, "ssh-rsa ");
}

async function answerCommand(
  { simulator, cloud, server, socket, gone }: Login,
  { command, connection, channel }: { command: string; connection: Connection; channel: ServerChannel },
): Promise<void> {
  channel.on("error", () => {});
  const closed = new AbortController();
  channel.once("close", () => closed.abort(new Error("the channel is closed")));
  try {
    const end = await runCommand({ clock: simulator.clock, cloud, server }, command, {
      write: (output) => channel.write(output),
      signal: AbortSignal.any([closed.signal, gone, simulator.over]),
    });
    if (typeof end !== "number") return socket.destroySoon();
    channel.exit(end);
    channel.end();
  } catch {
    // Nobody waits for it any more; other commands of the connection may go on.
    if (simulator.over.aborted) connection.end();
  }
}

function listening(listener: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(
        new Error(
          `simulated servers cannot answer on port ${port}: ${error.message}; choose another SSH port`,
          { cause: error },
        ),
      );
    listener.once("error", fail);
    listener.listen(port, "0.0.0.0", () => {
      listener.off("error", fail);
      resolve();
    });
  });
}
