/** Who else has the project's password, or runs its hardware: marks are edited, servers made, taken over and lost. */
import { serverIdOf } from "../../../../src/domain/node.ts";
import { RUN_KEY, serverMetadata } from "../../../../src/domain/server_marks.ts";
import type { SimulatedServer } from "../../../../src/simulator/simulated_server.ts";
import { type ActionOf, pick, type Scene } from "./scene.ts";
import type { MetadataEdit } from "./schedule.ts";
import { foreignServer } from "../../../scenarios/foreign_server.ts";

export function editMarks(scene: Scene, { which, to }: ActionOf<"edit">): void {
  const { one, witness, nodes } = scene;
  const node = pick(nodes, which);
  if (node === null || !one.exists(serverIdOf(node)!)) return;
  const server = one.serverOf(node);
  const other = nodes.find(({ id }) => id !== node.id)?.id ?? node.id;
  server.metadata = editedMarks(scene, { server, to, other });
  server.touchedAt = one.clock.now();
  const floatingIps = server.ports.flatMap(({ floatingIp }) => floatingIp?.id ?? []);
  for (const id of [server.id, ...floatingIps]) witness.edited.add(id);
  scene.tell(`server ${server.id} of node ${node.id}: ${JSON.stringify(server.metadata)}`);
}

function editedMarks(
  { one }: Scene,
  { server: { metadata }, to, other }: { server: SimulatedServer; to: MetadataEdit; other: number },
): Record<string, string> {
  const { id: installation } = one.store.installation;
  const ids = one.pool.report().nodes.map(({ id }) => id);
  const naming = (nodeId: number, provider = "main") =>
    serverMetadata({ installation, nodeId, image: "debian", provider, run: metadata[RUN_KEY] ?? null });
  switch (to) {
    case "an ended node":
      return naming(firstMissing(ids));
    case "another node":
      return naming(other);
    case "a node to come":
      return naming(Math.max(...ids) + 1);
    case "a node that never was":
      return naming(Math.max(...ids) + 900);
    case "another provider":
      return naming(other, "elsewhere");
    case "another installation":
      return { ...metadata, nodepool_installation: "another" };
    case "another run":
      return { ...metadata, [RUN_KEY]: "another" };
    case "nothing":
      return {};
  }
}

/** The lowest id that no node has. */
function firstMissing(ids: readonly number[]): number {
  let id = 1;
  while (ids.includes(id)) id++;
  return id;
}

export function makeForeign({ one, witness }: Scene, marks: ActionOf<"foreign">["marks"]): SimulatedServer {
  const metadata = serverMetadata({ installation: "another", nodeId: 1, image: "debian", provider: "main" });
  const server = foreignServer(one.simulator, { metadata: marks === "none" ? {} : metadata });
  witness.foreign.add(server.id);
  return server;
}

export function loseServer(scene: Scene, which: number): void {
  const cloud = scene.one.simulator.cloud();
  const node = pick(scene.nodes, which);
  const server = node === null ? undefined : cloud.servers.get(serverIdOf(node)!);
  if (server === undefined || server.goneAt <= cloud.now()) return;
  scene.tell(`server ${server.id} of node ${node!.id} is gone`);
  cloud.endServer(server, cloud.now());
}

export function moveFloatingIp(scene: Scene, { which, to }: ActionOf<"floating-ip">): void {
  const { network } = scene.one.simulator.cloud();
  const { floatingIps } = network;
  const node = pick(scene.nodes.filter(({ floatingIp }) => floatingIp !== null), which);
  const floatingIp = floatingIps.get(node?.floatingIp?.id ?? "");
  if (floatingIp === undefined) return;
  scene.tell(`floating IP ${floatingIp.id} of node ${node!.id} is taken off it`);
  if (to === "nothing") return network.detachFloatingIp(floatingIp);
  network.attachFloatingIp(floatingIp, makeForeign(scene, "none").ports[0]!);
  scene.witness.foreign.add(floatingIp.id);
}
