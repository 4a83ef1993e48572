/** The configurations between which a daemon is reloaded: two clouds, a label of each and one of both. */

export const cloudNames = ["one", "two"] as const;

/** Which clouds have nodes of a label. */
const labels = { left: ["one"], right: ["two"], both: ["one", "two"] } as const;

export const labelNames = Object.keys(labels) as (keyof typeof labels)[];

export function cloudsOf(label: keyof typeof labels): readonly string[] {
  return labels[label];
}

interface Shape {
  readonly clouds?: readonly string[];
  readonly minReady?: number;
  readonly maxServers?: number;
  readonly provider?: string;
  readonly top?: string;
}

function configOf(
  { clouds = cloudNames, minReady = 1, maxServers = 20, provider = "api-timeout: 20s", top = "" }: Shape,
): string {
  const served = labelNames.filter((name) => labels[name].some((cloud) => clouds.includes(cloud)));
  const label = (name: typeof labelNames[number]) => `
  - name: ${name}
    image: debian
    min-ready: ${minReady}
    providers: [${
    clouds.filter((cloud) => cloudsOf(name).includes(cloud)).map((cloud) => `{name: ${cloud}}`).join(", ")
  }]`;
  const section = (name: string) => `
  - name: ${name}
    cloud: ${name}
    max-servers: ${maxServers}
    rate: 0
    boot-timeout: 2m
    ${provider}
    images:
      - {name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: /key, connection-port: 2222}`;
  return `${top}\nlabels:${served.map(label).join("")}\nproviders:${clouds.map(section).join("")}\n`;
}

export const usual = configOf({});

export const configs = {
  "the usual configuration": usual,
  "the same, written in another way": `# The same.\n${usual}`,
  "more nodes": configOf({ minReady: 3 }),
  "less room": configOf({ maxServers: 8 }),
  "another connection": configOf({ provider: "api-timeout: 30s" }),
  "fewer at once": configOf({ provider: "max-concurrency: 2" }),
  "only the second cloud": configOf({ clouds: ["two"] }),
  "other times": configOf({ top: "cron: {check: '*/2 * * * *', cleanup: '* * * * *'}" }),
  "a file that is no YAML": "labels: [",
  "a label that nobody serves": usual.replace("{name: two}", "{name: three}"),
} as const;

/** Those that cannot be used. */
export const broken: readonly string[] = ["a file that is no YAML", "a label that nobody serves"];

export type ConfigName = keyof typeof configs;

export const configNames = Object.keys(configs) as ConfigName[];
