/**
 * The files that belong to an installation besides the program, at their places below a prefix such as `/usr/local`, where
 * systemd, man and the shells look for them. Called by `install-files`.
 */
import type { InstalledFile } from "./place_files.ts";
import { grafanaDashboard } from "./grafana/grafana_dashboard.ts";
import { findInManual } from "../manual/manual.ts";
import { type CommandHelp, manPages } from "./man/man_pages.ts";
import bash from "./nodepool.bash" with { type: "text" };
import fish from "./nodepool.fish" with { type: "text" };
import logrotate from "./nodepool.logrotate" with { type: "text" };
import zsh from "./nodepool.zsh" with { type: "text" };
import { prometheusRules } from "./prometheus_rules.ts";

interface Installation {
  /** Absolute path of the program. */
  readonly program: string;
  readonly version: string;
  readonly commands: readonly CommandHelp[];
}

export function installationFiles({ program, version, commands }: Installation): readonly InstalledFile[] {
  return [
    { path: "lib/systemd/system/nodepool.service", text: systemdUnit(program) },
    { path: "share/bash-completion/completions/nodepool", text: bash },
    { path: "share/fish/vendor_completions.d/nodepool.fish", text: fish },
    { path: "share/zsh/site-functions/_nodepool", text: zsh },
    ...manPages(commands, { version }),
    { path: "share/nodepool/nodepool.logrotate", text: logrotate },
    { path: "share/nodepool/grafana-dashboard.json", text: grafanaDashboard() },
    { path: "share/nodepool/prometheus-rules.yaml", text: prometheusRules() },
  ];
}

/** Where the manual, and its unit, have the program installed. */
export const USUAL_PROGRAM = "/usr/local/bin/nodepool";

/** The daemon's unit: the one that the manual shows, with the path of the program that is installed. */
function systemdUnit(program: string): string {
  const [, unit] = findInManual(["systemd"])!.section!.ownText.match(/^```ini\n([^]*?)^```$/m)!;
  return unit!.replace(`ExecStart=${USUAL_PROGRAM} `, () => `ExecStart=${unitWord(program)} `);
}

/** A path as `ExecStart` takes it: `%` begins a specifier there, and blanks part words. */
function unitWord(path: string): string {
  const text = path.replaceAll("%", "%%");
  return /^[\w./%+-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
