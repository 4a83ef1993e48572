/** A server on a simulated cloud that no pool has launched: somebody else's, unless a record names it. */
import type { Simulator } from "../../src/simulator/simulator.ts";
import type { SimulatedServer } from "../../src/simulator/simulated_server.ts";

/** @param options `cloud`: by default the first one; `metadata`: by default it carries no marks */
export function foreignServer(
  simulator: Pick<Simulator, "cloud">,
  { cloud: cloudName, name = "web", metadata = {} }: {
    cloud?: string;
    name?: string;
    metadata?: Readonly<Record<string, string>>;
  } = {},
): SimulatedServer {
  const cloud = simulator.cloud(cloudName);
  return cloud.createServer({
    name,
    flavor: cloud.stock.flavors[0]!,
    imageId: cloud.stock.images[0]!.id,
    keypair: null,
    zone: null,
    securityGroups: ["default"],
    configDrive: false,
    metadata,
    networkIds: cloud.stock.networks.filter(({ external }) => !external).map(({ id }) => id),
    ports: [],
  });
}
