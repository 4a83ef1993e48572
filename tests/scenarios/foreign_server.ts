/** A server on a simulated cloud that is somebody else's. */
import type { Simulator } from "../../src/simulator/simulator.ts";
import type { SimulatedServer } from "../../src/simulator/simulated_server.ts";

/** @param options `metadata`: by default it carries no marks */
export function foreignServer(
  simulator: Pick<Simulator, "cloud">,
  { name = "web", metadata = {} }: { name?: string; metadata?: Readonly<Record<string, string>> } = {},
): SimulatedServer {
  const cloud = simulator.cloud();
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
