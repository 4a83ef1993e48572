/** Why somebody should not, or cannot, log in to a node: what `nodepool ssh` says instead of doing it. Pure. */
import type { NodeLogin } from "../views/node_logins.ts";

interface Wish {
  /** Who asks; null: not known. */
  readonly user: string | null;
  /** Whether it is to be held first. */
  readonly holds: boolean;
  /** Whether somebody else's work on it is known and no matter. */
  readonly inUse: boolean;
}

/** null: nothing speaks against it. */
export function loginObjection(login: NodeLogin, wish: Wish): string | null {
  return impossible(login) ?? (wish.inUse ? null : unwanted(login, wish));
}

function impossible(login: NodeLogin): string | null {
  const { node, private_key } = login;
  const { id, state, comment, connection, ended, result } = node;
  if (ended !== null) {
    const how = [result, comment].filter((part) => part !== null).join(": ");
    return `node ${id} has been gone since ${ended}, ${how}; \`logs ${id}\` shows what its console said last`;
  }
  if (state === "delete") return `node ${id} is being deleted${comment === null ? "" : `: ${comment}`}`;
  if (connection === null || connection.known_hosts.length === 0) {
    return `node ${id} is ${state}, and nobody has logged in to it yet${
      waiting(login)
    }: its host key is not known`;
  }
  if (connection.username === null || private_key === null) {
    return `cannot tell who logs in to node ${id} with which key: ` +
      (node.role === "builder"
        ? "it is there for an image, with a key of its own"
        : `the configuration no longer has image ${node.image} of provider ${node.provider}`);
  }
  return null;
}

function unwanted({ node, occupant }: NodeLogin, { user, holds }: Wish): string | null {
  const { id, state } = node;
  if (state === "building" || state === "test") {
    return `node ${id} is ${state === "test" ? "being tested" : "still being made ready"}` +
      `${waiting({ node })}: to log in all the same, use \`ssh --in-use\``;
  }
  if (state === "ready" && !holds) {
    return `node ${id} is ready and may be handed out at any moment: \`ssh --hold ${id}\` keeps it for you`;
  }
  if (occupant === null || (occupant.name !== null && occupant.name === user)) return null;
  return `node ${id} is in use by ${occupant.description}: to log in all the same, use \`ssh --in-use\``;
}

function waiting({ node: { phase, waiting_on } }: Pick<NodeLogin, "node">): string {
  return ` (${waiting_on === null ? phase : `${waiting_on.reason}: ${waiting_on.message}`})`;
}
