/** `etcd`: how the etcd is reached that holds the state. Its addresses stand in `state`. */
import type { EtcdConfig } from "../../domain/etcd_config.ts";
import { isEtcdState, readEtcdAddress } from "../../domain/etcd_address.ts";
import * as v from "valibot";
import { maybe, path, scalar, secret, text } from "./fields.ts";
import { section } from "./section.ts";

const CONTROL_PATTERN = "^(?:(?:\\[([0-9a-fA-F:.]+)\\]|([A-Za-z0-9][A-Za-z0-9._-]*)):)?(\\d{1,5})$";

/** `host:port`, `[2001:db8::1]:port` or a port alone. */
const controlAddress = scalar("a host and a port such as pool1.example.org:8006, or a port alone", {
  json: { type: ["string", "integer"], minimum: 0, maximum: 65_535, pattern: CONTROL_PATTERN },
  parse(input) {
    const match = String(input).match(CONTROL_PATTERN);
    const port = Number(match?.[3]);
    return match !== null && port <= 65_535 ? { hostname: match[1] ?? match[2] ?? null, port } : undefined;
  },
});

const file = path("the path of a PEM file");

export const etcdSection = v.nullish(
  section({
    cacert: maybe(file, "CA certificates to verify etcd's certificate with; without it, the system's."),
    cert: maybe(file, "Client certificate for etcd, if it asks for one."),
    key: maybe(file, "Private key of that certificate."),
    user: maybe(text("the name of a user of etcd"), "User of etcd, where it has users."),
    password: maybe(secret(), "That user's password; better in secure.conf, section [etcd]."),
    control: maybe(
      controlAddress,
      "Where commands, standbys and builders reach this machine's daemon: HOST:PORT or a port; without it, this " +
        "machine's host name and any free port.",
    ),
  }),
  {},
);

type EtcdSection = v.InferOutput<typeof etcdSection>;

/** @param options `password`: of the secrets file; null: it has none */
export function etcdConfig(
  { cacert, cert, key, user, control, ...own }: EtcdSection,
  { state, expand, password }: {
    state: string;
    expand: (path: string) => string;
    password: string | null;
  },
): EtcdConfig | null {
  if (!isEtcdState(state)) return null;
  const address = readEtcdAddress(state);
  if ("problem" in address) return null;
  const maybePath = (path: string | undefined) => path === undefined ? null : expand(path);
  return {
    ...address,
    caCert: maybePath(cacert),
    cert: maybePath(cert),
    key: maybePath(key),
    user: user ?? null,
    password: password ?? own.password ?? null,
    control: control ?? { hostname: null, port: 0 },
  };
}
