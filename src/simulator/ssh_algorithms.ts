/** The algorithms that a simulated SSH server offers, by the name that its settings give them. */
import type { Algorithms } from "ssh2";
import type { HostKeyType } from "./ssh_keys.ts";
import type { CloudSettings } from "./settings.ts";

interface AlgorithmSet {
  /** Behind `SSH-2.0-`. */
  readonly ident: string;
  readonly hostKey: HostKeyType;
  readonly kex: readonly string[];
  readonly cipher: readonly string[];
  readonly hmac: readonly string[];
}

const GCM = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"];
const CTR = ["aes128-ctr", "aes192-ctr", "aes256-ctr"];
const SHA2 = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
];
const CURVE25519 = ["curve25519-sha256", "curve25519-sha256@libssh.org"];
const ECDH = ["ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521"];
const GROUPS = ["diffie-hellman-group16-sha512", "diffie-hellman-group14-sha256"];

const openssh: AlgorithmSet = {
  ident: "OpenSSH_9.2p1 simulated",
  hostKey: "ssh-ed25519",
  kex: [...CURVE25519, ...ECDH, ...GROUPS],
  cipher: [...GCM, ...CTR],
  hmac: [...SHA2, "hmac-sha1"],
};

export const algorithmSets: Readonly<Record<CloudSettings["ssh"]["algorithms"], AlgorithmSet>> = {
  openssh,
  fips: { ...openssh, hostKey: "ecdsa-sha2-nistp256", kex: [...ECDH, ...GROUPS], hmac: SHA2 },
  dropbear: {
    ident: "dropbear_2022.83",
    hostKey: "ssh-ed25519",
    kex: [...CURVE25519, "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256"],
    cipher: ["aes128-ctr", "aes256-ctr"],
    hmac: ["hmac-sha1", "hmac-sha2-256"],
  },
  "sha1-only": {
    ...openssh,
    ident: "OpenSSH_5.3 simulated",
    kex: ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
  },
  "post-quantum-only": {
    ...openssh,
    ident: "OpenSSH_10.0 simulated",
    kex: ["mlkem768x25519-sha256", "sntrup761x25519-sha512"],
  },
};

/** The lists for ssh2's server, without what it cannot do; null: no key exchange is left. */
export function forSsh2({ kex, cipher, hmac }: AlgorithmSet): Algorithms | null {
  const known = kex.filter((name) => !/mlkem|sntrup/.test(name));
  if (known.length === 0) return null;
  // ssh2's compression breaks the connection here; a client that asks for it (`-C`) does without.
  return { kex: known, cipher, hmac, compress: ["none"] } as unknown as Algorithms;
}

/** The version line and the first packet of a server, for one that can do no more than that. */
export function greeting({ ident, kex, hostKey, cipher, hmac }: AlgorithmSet): Uint8Array {
  const list = (names: readonly string[]) => {
    const text = new TextEncoder().encode(names.join(","));
    return [...uint32(text.length), ...text];
  };
  const lists = [kex, [hostKey], cipher, cipher, hmac, hmac, ["none"], ["none"], [], []].flatMap(list);
  const payload = [KEXINIT, ...new Array(16).fill(0), ...lists, 0, 0, 0, 0, 0];
  const padding = BLOCK + (BLOCK - (payload.length + 5) % BLOCK) % BLOCK;
  const packet = [
    ...uint32(1 + payload.length + padding),
    padding,
    ...payload,
    ...new Array(padding).fill(0),
  ];
  return Uint8Array.from([...new TextEncoder().encode(`SSH-2.0-${ident}\r\n`), ...packet]);
}

const KEXINIT = 20;
const BLOCK = 8;

function uint32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}
