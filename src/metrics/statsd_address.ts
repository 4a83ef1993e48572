/** Where the StatsD server is, from the variables that 2016's Nodepool read: STATSD_HOST and STATSD_PORT. */

export interface StatsdAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_HOST = "localhost";
const DEFAULT_PORT = 8125;

/** null where neither is set: nothing is sent. @returns also what is wrong with the port, if anything */
export function statsdAddress(
  env: (name: string) => string | undefined,
): { readonly address: StatsdAddress | null; readonly problem: string | null } {
  const host = env("STATSD_HOST")?.trim() ?? "";
  const port = env("STATSD_PORT")?.trim() ?? "";
  if (host === "" && port === "") return { address: null, problem: null };
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  const advice = `which is not a port; using ${DEFAULT_PORT}; set it to 1 to 65535`;
  const problem = port === "" || isPort ? null : `STATSD_PORT is ${JSON.stringify(port)}, ${advice}`;
  return {
    address: { host: host || DEFAULT_HOST, port: isPort ? Number(port) : DEFAULT_PORT },
    problem,
  };
}
