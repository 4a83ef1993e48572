/** The configuration's word on a label at this moment. */
import type { Config, LabelConfig } from "../domain/config.ts";

export function findLabel(config: Config, name: string): LabelConfig | null {
  return config.labels.find((label) => label.name === name) ?? null;
}
