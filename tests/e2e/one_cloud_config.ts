/** The configuration of a pool on the one simulated cloud, with no rate limit: tests and benchmarks fill in the rest. */
export function oneCloudConfig({ labels, maxServers, more = "", provider = "" }: {
  /** How many nodes are kept ready, by label. */
  readonly labels: Readonly<Record<string, number>>;
  readonly maxServers: number;
  /** Further keys of the file, each on a line of its own. */
  readonly more?: string;
  /** Further keys of the provider. */
  readonly provider?: string;
}): string {
  const lines = Object.entries(labels).map(([name, minReady]) =>
    `  - {name: ${name}, image: debian, min-ready: ${minReady}, providers: [{name: main}]}`
  );
  return `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
${more}
labels:
${lines.join("\n")}
providers:
  - name: main
    cloud: simulator
    max-servers: ${maxServers}
    rate: 0
    ${provider}
    images:
      - name: debian
        base-image: debian-12
        min-ram: 512
        username: debian
        private-key: FOLDER/key
        connection-port: SSH_PORT
`;
}
