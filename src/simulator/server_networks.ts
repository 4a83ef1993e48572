/** Which networks a new server is attached to, as Nova decides it. */
import type { CloudState, ServerWish } from "./cloud_state.ts";
import { ApiRefusal, found, invalidInput } from "./answer.ts";
import type { SimulatedPort } from "./simulated_server.ts";

type Choice = Pick<ServerWish, "networkIds" | "ports">;

/** @throws ApiRefusal 400 or 409 where the networks cannot be used */
export function networkChoice(cloud: CloudState, wanted: unknown, microversion: number): Choice {
  if (microversion >= NETWORKS_REQUIRED && wanted === undefined) {
    throw new ApiRefusal(400, "Invalid input for field/attribute server. 'networks' is a required property");
  }
  if (typeof wanted === "string") return wordChoice(cloud, wanted, microversion);
  if (!Array.isArray(wanted) || wanted.length === 0) return onlyNetwork(cloud);
  const networkIds: string[] = [];
  const ports: SimulatedPort[] = [];
  for (const { uuid, port } of wanted as { uuid?: string; port?: string }[]) {
    if (port !== undefined) ports.push(freePort(cloud, port));
    else networkIds.push(bootableNetwork(cloud, String(uuid)));
  }
  return { networkIds, ports };
}

/** From this 2.x on a request must say which networks, if only `auto` or `none`. */
const NETWORKS_REQUIRED = 37;

function wordChoice(cloud: CloudState, word: string, microversion: number): Choice {
  if (microversion >= NETWORKS_REQUIRED && word === "none") return { networkIds: [], ports: [] };
  if (microversion >= NETWORKS_REQUIRED && word === "auto") return onlyNetwork(cloud);
  throw invalidInput("field/attribute networks", word, `'${word}' is not of type 'array'`);
}

function onlyNetwork(cloud: CloudState): Choice {
  const inner = cloud.stock.networks.filter((network) => network.attachable);
  if (inner.length > 1) {
    throw new ApiRefusal(409, "Multiple possible networks found, use a Network ID to be more specific.");
  }
  return { networkIds: inner.map((network) => network.id), ports: [] };
}

function bootableNetwork(cloud: CloudState, id: string): string {
  const network = cloud.stock.networks.find((one) => one.id === id);
  if (!found(network, `Network ${id} could not be found.`, { status: 400 }).attachable) {
    throw new ApiRefusal(403, `It is not allowed to create an interface on external network ${id}`);
  }
  return id;
}

function freePort(cloud: CloudState, id: string): SimulatedPort {
  const port = found(cloud.network.ports.get(id), `Port id ${id} could not be found.`, { status: 400 });
  if (port.server !== null) throw new ApiRefusal(409, `Port ${id} is still in use.`);
  return port;
}
