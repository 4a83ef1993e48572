/** Which of a server's addresses to log in to. */
import type { NetworkConfig, ProviderConfig } from "../domain/config.ts";
import type { NodeAddresses } from "../domain/node.ts";
import type { Server, ServerAddress } from "../domain/server.ts";

/** Whether nodes of the provider need a floating IP of their own. */
export function wantsFloatingIp(provider: ProviderConfig): boolean {
  if (provider.pool === null) return false;
  return provider.autoFloatingIp ?? !provider.networks.some((network) => network.public);
}

/** The node's addresses; null as long as there is none to log in to. */
export function chooseAddresses(
  server: Server,
  { provider, floatingIp }: { provider: ProviderConfig; floatingIp: string | null },
): NodeAddresses | null {
  // One that the listing shows before its making is answered has no id yet to be deleted by.
  const floating = wantsFloatingIp(provider) ? floatingIp : find(server, { version: 4, kind: "floating" });
  const fixed = server.addresses.filter(({ kind }) => kind === "fixed").sort(publicFirst(provider.networks));
  const publicV6 = find(server, { version: 6, kind: "fixed" });
  const privateV4 = fixed.find(({ version }) => version === 4)?.address ?? null;
  if (wantsFloatingIp(provider) && floating === null) return null;

  const publicV4 = floating ?? privateV4;
  const login = provider.ipv6Preferred ? publicV6 ?? publicV4 : publicV4 ?? publicV6;
  return login === null ? null : { login, publicV4, publicV6, privateV4 };
}

function find(server: Server, wanted: Pick<ServerAddress, "version" | "kind">): string | null {
  const found = server.addresses.find(({ version, kind }) =>
    version === wanted.version && kind === wanted.kind
  );
  return found?.address ?? null;
}

/** Addresses on networks that the configuration calls public come first. */
function publicFirst(networks: readonly NetworkConfig[]): (a: ServerAddress, b: ServerAddress) => number {
  const isPublic = (address: ServerAddress) =>
    networks.some((network) => network.public && (network.label ?? network.name) === address.network);
  return (a, b) => Number(isPublic(b)) - Number(isPublic(a));
}
