/** The configuration of a pool whose nodes work for somebody: one label `small`, and whatever hands out its jobs. */

interface JobConfigOptions {
  readonly minReady?: number;
  readonly maxServers?: number;
  /** Further keys of the file: targets, servers, publishers. */
  readonly more?: string;
}

/** Nodes are deleted a second after their job's end. */
export function jobConfig({ minReady = 0, maxServers = 6, more = "" }: JobConfigOptions): string {
  return `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
limits: {delete-delay: 1}
labels:
  - {name: small, image: debian, min-ready: ${minReady}, providers: [{name: main}]}
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
        user-home: /home/ci
        private-key: FOLDER/key
        connection-port: SSH_PORT
${more}`;
}

/** A cloud that keeps nobody waiting. */
export const QUICK = { bootTime: 100, deleteTime: 50 };

/** What Jenkins' publisher says of a job on a node. */
export function jobEvent(
  topic: "onStarted" | "onCompleted" | "onFinalized",
  { job = "unit", node, result }: { readonly job?: string; readonly node: string; readonly result?: string },
): string {
  const build = {
    phase: topic.slice(2).toUpperCase(),
    number: 7,
    node_name: node,
    ...(result === undefined ? {} : { status: result }),
    parameters: { ZUUL_BRANCH: "stable/9" },
  };
  return `${topic} ${JSON.stringify({ name: job, url: `job/${job}/`, build })}`;
}
