/** `nodepool ssh ID|JOB [COMMAND…]`: a shell or a command on a node, by OpenSSH's client. */
import { Command, Option } from "@commander-js/extra-typings";
import type { PoolClient } from "../../control/pool_client.ts";
import type { NodeLogin } from "../../views/node_logins.ts";
import { type CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { durationArgument } from "../arguments.ts";
import { example, helpGroup } from "../help.ts";
import { openPool } from "../open_pool.ts";
import { describeEndedNode } from "../print_outcomes.ts";
import { userName } from "../user_name.ts";
import { writeLine } from "../write_line.ts";

interface SshOptions {
  readonly hold?: true | undefined;
  readonly reason?: string | undefined;
  readonly for?: number | undefined;
  readonly inUse?: true | undefined;
}

export function sshCommand(context: CliContext) {
  return new Command("ssh")
    .helpGroup(helpGroup.nodes)
    .description("log in to a node, or run a command on it, with its key and its recorded host key")
    .argument("<node>", "its id or hostname, or the job that it is used or held for")
    .argument("[command...]", "run this instead of a shell; everything after the node belongs to the command")
    .option("--hold", "hold the node first, so that it stays")
    .option("--reason <text>", "with --hold: the reason")
    .option("--for <duration>", "with --hold: end the hold after this time: 12h, 2d", durationArgument)
    .option("--in-use", "log in even if somebody else uses the node")
    .addOption(
      new Option("-o, --ssh-option <setting>", "another setting for ssh: LogLevel=DEBUG")
        .argParser((value: string, before: string[] | undefined) => [...before ?? [], value]),
    )
    .addHelpText("after", example("nodepool ssh --hold --reason 'out of memory?' 812 dmesg"))
    .action(async (wanted, _, { sshOption: options = [], ...choice }) => {
      const login = await chooseNode(context, wanted, choice);
      // Reading keys loads much that no other command needs.
      const { runSshSession } = await import("../ssh_session.ts");
      context.exitCode = await runSshSession(context.io, login, { words: context.remoteWords, options });
    });
}

/** The pool is let go before the session begins: with no daemon running it is the state's lock. */
async function chooseNode(context: CliContext, wanted: string, choice: SshOptions): Promise<NodeLogin> {
  const { hold = false, reason, for: duration, inUse = false } = choice;
  if (!hold && (reason !== undefined || duration !== undefined)) {
    throw new UsageError("--reason and --for need --hold");
  }
  const user = userName(context.io);
  await using pool = await openPool(context);
  const login = await findLogin(pool, wanted);
  object(login, { user, holds: hold, inUse });
  if (!hold) return login;
  const { id, parent } = login.node;
  const holding = { reason: reason ?? null, owner: user, duration: duration ?? null };
  const [outcome] = await pool.ask("hold", { ids: [parent ?? id], ...holding });
  const { id: heldId, ok, message } = outcome!;
  if (!ok) throw new Error(message);
  writeLine(context.io.stderr, `nodepool: node ${heldId} is ${message}; \`unhold ${heldId}\` ends that`);
  const held = await findLogin(pool, String(id));
  // Between the two it may have been handed out.
  object(held, { user, holds: hold, inUse });
  return held;
}

/** @throws Error that says why somebody should not, or cannot, log in to the node */
function object(login: NodeLogin, wish: Wish): void {
  const objection = impossible(login) ?? (wish.inUse ? null : unwanted(login, wish));
  if (objection !== null) throw new Error(objection);
}

async function findLogin(pool: PoolClient, wanted: string): Promise<NodeLogin> {
  const { nodes } = await pool.ask("node-logins", { wanted });
  if (nodes.length === 1) return nodes[0]!;
  const lines = nodes.map(({ node: { id, state, hostname, comment } }) =>
    `\n  ${id}  ${state}  ${hostname}${comment === null ? "" : `  ${comment}`}`
  );
  throw new UsageError(`job ${wanted} has ${nodes.length} nodes, give the id of one:${lines.join("")}`);
}

interface Wish {
  /** Who asks; null: not known. */
  readonly user: string | null;
  /** Whether it is to be held first. */
  readonly holds: boolean;
  /** Whether somebody else's work on it is known and no matter. */
  readonly inUse: boolean;
}

function impossible(login: NodeLogin): string | null {
  const { node, private_key } = login;
  const { id, state, comment, connection, ended } = node;
  if (ended !== null) return `${describeEndedNode(node)}; \`logs ${id}\` shows what its console said last`;
  if (state === "delete") return `node ${id} is being deleted${comment === null ? "" : `: ${comment}`}`;
  if (connection === null || connection.known_hosts.length === 0) {
    return `node ${id} is ${state}, and nobody has logged in to it yet${
      waiting(login)
    }: its host key is not known`;
  }
  if (connection.username === null || private_key === null) {
    return `cannot tell which user and key log in to node ${id}: ` +
      (node.role === "builder"
        ? "it serves to make an image, with a key of its own"
        : `the configuration no longer has image ${node.image} of provider ${node.provider}`);
  }
  return null;
}

function unwanted({ node, occupant }: NodeLogin, { user, holds }: Wish): string | null {
  const { id, state } = node;
  if (state === "building" || state === "test") {
    return `node ${id} is ${state === "test" ? "being tested" : "still being made ready"}` +
      `${waiting({ node })}: to log in anyway, use \`ssh --in-use\``;
  }
  if (state === "ready" && !holds) {
    return `node ${id} is ready and may be handed out at any moment: \`ssh --hold ${id}\` keeps it for you`;
  }
  if (occupant === null || (occupant.name !== null && occupant.name === user)) return null;
  return `node ${id} is in use by ${occupant.description}: to log in anyway, use \`ssh --in-use\``;
}

function waiting({ node: { phase, waiting_on } }: Pick<NodeLogin, "node">): string {
  return ` (${waiting_on === null ? phase : `${waiting_on.reason}: ${waiting_on.message}`})`;
}
