/** The parts of every command's help: the group that it is shown in, and the example at its end. */

/** The groups of `--help`, in this order. Each command says which one it belongs to. */
export const helpGroup = {
  nodes: "Nodes:",
  images: "Images:",
  jobs: "Jobs:",
  pool: "Pool:",
  tools: "Tools:",
} as const;

export type HelpGroup = typeof helpGroup[keyof typeof helpGroup];

export function example(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
