/** The groups that `--help` shows commands in, in this order. Each command says which one it belongs to. */
export const helpGroup = {
  nodes: "Nodes:",
  images: "Images:",
  jobs: "Jobs:",
  pool: "Pool:",
  tools: "Tools:",
} as const;

export type HelpGroup = typeof helpGroup[keyof typeof helpGroup];
