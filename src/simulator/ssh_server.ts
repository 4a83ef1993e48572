/**
 * The SSH side of simulated servers: one listener for all of 127.0.0.0/8; the address that a client connected to
 * tells which server is meant. Each has its own host key. Nothing is ever run on this machine: commands get the
 * answers of `login_rules.ts`, and files that are copied stay in memory.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import ssh2, {
  type AuthContext,
  type AuthenticationType,
  type Connection,
  type ServerChannel,
  type Session,
} from "ssh2";
import { releaseCiphers } from "../ssh/inner_parts.ts";
import { scriptOf } from "../ssh/sh_command.ts";
import type { CloudState } from "./cloud_state.ts";
import { hostKeyOf } from "./ssh_keys.ts";
import { cshRefusal, leave, letsIn, runSimulatedCommand } from "./login_rules.ts";
import { homeOf } from "./server_files.ts";
import { serveSftp } from "./sftp_server.ts";
import { answersSshAt, type SimulatedServer } from "./simulated_server.ts";
import type { Simulator } from "./simulator.ts";
import { algorithmSets, forSsh2, greeting } from "./ssh_algorithms.ts";

interface SshServer extends AsyncDisposable {
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
  await once(listener.listen(port, "0.0.0.0"), "listening").catch((error: Error) => {
    const why = `${whyNotListening(error)}; choose another SSH port`;
    throw new Error(`simulated servers cannot answer on port ${port}: ${why}`);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([
        once(listener.close(), "close"),
        ...[...open].map((one) => once(one.destroy(), "close")),
      ]);
    },
  };
}

export function whyNotListening({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "another program does";
  if (code === "EACCES") return "ports below 1024 need privileges";
  return code === "EADDRNOTAVAIL" || code === "EINVAL" ? "this machine does not have that address" : message;
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
  socket.setNoDelay(true);
  after(login, "banner", () => greet(login));
}

function greet(login: Login): void {
  const { socket, server, cloud: { settings: { ssh: settings } } } = login;
  const set = algorithmSets[settings.algorithms];
  const algorithms = forSsh2(set);
  if (algorithms === null) return void socket.end(greeting(set));
  const ssh = new ssh2.Server({
    hostKeys: [hostKeyOf(server, set.hostKey).key],
    ident: set.ident,
    algorithms,
    ...(settings.banner === "" ? {} : { banner: settings.banner }),
  });
  ssh.on("connection", (connection, { header }) => {
    socket.once("close", () => releaseCiphers(connection));
    serveConnection(login, { connection, isOpenSsh: header.versions.software.startsWith("OpenSSH") });
  });
  ssh.injectSocket(socket);
}

/** Goes on when a step has taken its time, unless the client is gone by then. */
function after(
  { simulator, cloud, gone }: Login,
  step: "banner" | "authentication" | "session",
  go: () => void,
) {
  const time = cloud.settings.ssh.slow[step];
  if (time === 0) return go();
  const signal = AbortSignal.any([gone, simulator.over]);
  simulator.clock.sleep(time, { signal }).then(go, () => {});
}

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
  let username = "";
  connection.on("authentication", (context) => {
    home = homeOf(context.username);
    username = context.username;
    authenticate(login, context);
  });
  connection.on(
    "ready",
    () => login.socket.once("close", () => leave(login.cloud.settings.ssh, login.server)),
  );
  connection.on("session", (accept) => after(login, "session", () => serveSession(accept())));

  function serveSession(session: Session): void {
    let hasTerminal = false;
    session.on("pty", (acceptPty, rejectPty) => {
      hasTerminal = login.cloud.settings.ssh.terminals;
      if (hasTerminal) acceptPty?.();
      else rejectPty?.();
    });
    session.on("env", (acceptEnv) => acceptEnv?.());
    session.on("sftp", (acceptSftp) => {
      const { server: { files }, simulator: { clock } } = login;
      serveSftp(acceptSftp(), { files, home, clock, isOpenSsh });
    });
    const answer = (command: string, channel: ServerChannel) =>
      void answerCommand(login, { command, username, hasTerminal, connection, channel });
    session.on("shell", (acceptShell) => answer("", acceptShell()));
    session.on("exec", (acceptExec, _reject, { command }) => answer(command, acceptExec()));
  }
}

function authenticate(login: Login, context: AuthContext): void {
  const { cloud, server } = login;
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
  if (!proven) return context.reject(["publickey"]);
  after(login, "authentication", () => {
    if (ssh.alsoWants.length === 0) context.accept();
    else context.reject([...ssh.alsoWants] as AuthenticationType[], true);
  });
}

/** The type as in key files: RSA keys prove themselves under newer names. */
function typed(publicKey: string): string {
  return publicKey.replace(/^rsa-sha2-\d+ /, "ssh-rsa ");
}

interface Asked {
  readonly command: string;
  readonly username: string;
  readonly hasTerminal: boolean;
  readonly connection: Connection;
  readonly channel: ServerChannel;
}

async function answerCommand({ simulator, cloud, server, socket, gone }: Login, asked: Asked): Promise<void> {
  const { command, username, hasTerminal, connection, channel } = asked;
  channel.on("error", () => {});
  const closed = new AbortController();
  channel.once("close", () => closed.abort(new Error("the channel is closed")));
  const exit = (code: number) => {
    channel.exit(code);
    channel.end();
  };
  const script = scriptOf(command);
  const refusal = script === null && cloud.settings.ssh.loginShell === "csh" ? cshRefusal(command) : null;
  if (refusal !== null) {
    channel.stderr.write(refusal);
    return exit(1);
  }
  try {
    const ground = { clock: simulator.clock, cloud, server, username };
    const end = await runSimulatedCommand(ground, { text: script ?? command, hasTerminal }, {
      write: (output) => channel.write(output),
      signal: AbortSignal.any([closed.signal, gone, simulator.over]),
    });
    if (typeof end !== "number") return socket.destroySoon();
    exit(end);
  } catch {
    // Nobody waits for it any more; other commands of the connection may go on.
    if (simulator.over.aborted) connection.end();
  }
}
