/** The configuration of a benchmark's pool: one label on one simulated cloud, no rate limit. */
export function benchConfig({ minReady, maxServers }: { minReady: number; maxServers: number }): string {
  return `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
labels: [{name: small, image: debian, min-ready: ${minReady}, providers: [{name: main}]}]
providers:
  - name: main
    cloud: simulator
    max-servers: ${maxServers}
    rate: 0
    images:
      - name: debian
        base-image: debian-12
        min-ram: 512
        username: debian
        private-key: FOLDER/key
        connection-port: SSH_PORT
`;
}
