/** Which files are taken as private keys: those of OpenSSL, OpenSSH and Terraform, tried on a real OpenSSH server. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readLoginKey } from "../../../src/lib/ssh_key/read_login_key.ts";
import { createSsh2Shell } from "../../../src/ssh/ssh2_shell.ts";
import { missingNeed, testNeeding } from "../../needs.ts";
import { options, targetOf } from "../../ssh/login_target.ts";
import { makeKey, opensshNeeds, startOpensshServer } from "../../ssh/openssh_server.ts";

const missing = missingNeed([...opensshNeeds, "openssl"]);
let folder: string;

Deno.test.beforeAll(async () => {
  if (missing === null) folder = await Deno.makeTempDir({ prefix: "keys with ümlauts " });
});

Deno.test.afterAll(async () => {
  if (missing === null) await Deno.remove(folder, { recursive: true });
});

/** What a shell command prints, run in the folder. */
async function printed(command: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
    cwd: folder,
    env: { HOME: folder },
  })
    .output();
  if (code !== 0) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

function keyTest(name: string, test: () => Promise<void>, needs: readonly "puttygen"[] = []): void {
  testNeeding([...opensshNeeds, "openssl", ...needs], `a private key ${name}`, test);
}

const EC = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:";
const accepted: Readonly<Record<string, string>> = {
  "of openssl genrsa": "openssl genrsa 2048",
  "of openssl genrsa -traditional": "openssl genrsa -traditional 2048",
  "in PKCS#8, RSA": "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
  "in PKCS#8, nistp256": `${EC}P-256`,
  "in PKCS#8, nistp384": `${EC}P-384`,
  "in PKCS#8, nistp521": `${EC}P-521`,
  "in PKCS#8, Ed25519, as Terraform writes it": "openssl genpkey -algorithm ed25519",
  "of openssl ecparam, its parameters before it": "openssl ecparam -name prime256v1 -genkey",
  "of ssh-keygen": "rm -f k k.pub; ssh-keygen -q -t ed25519 -N '' -f k && cat k",
  "of ssh-keygen, RSA": "rm -f k k.pub; ssh-keygen -q -t rsa -b 2048 -N '' -f k && cat k",
  "of ssh-keygen, ECDSA": "rm -f k k.pub; ssh-keygen -q -t ecdsa -b 521 -N '' -f k && cat k",
  "of ssh-keygen, ECDSA on nistp256": "rm -f k k.pub; ssh-keygen -q -t ecdsa -N '' -f k && cat k",
  "of ssh-keygen -m PKCS8": "rm -f k k.pub; ssh-keygen -q -t rsa -b 2048 -m PKCS8 -N '' -f k && cat k",
  "with CRLF, a BOM and blanks before its lines":
    "openssl genrsa 2048 | sed 's/^/  /; s/$/\\r/; 1s/^/\\xef\\xbb\\xbf/'",
  "on one line": "openssl genpkey -algorithm ed25519 | tr '\\n' ' '",
  "with text and a certificate around it":
    "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout k -out c 2>/dev/null; echo Bag; cat c k",
};

keyTest("that OpenSSL, OpenSSH or Terraform wrote without a passphrase logs in", async () => {
  const keys: { name: string; key: string; publicKey: string }[] = [];
  // Several of each curve: their numbers begin with zeros or high bits now and then.
  const curves = Object.entries(accepted).filter(([, command]) => /EC|ecdsa/.test(command));
  for (const [name, command] of [...Object.entries(accepted), ...curves, ...curves, ...curves]) {
    const read = readLoginKey(await printed(command), "/key");
    ok("key" in read, `${name}: ${JSON.stringify(read)}`);
    keys.push({ name, ...read });
  }
  await using server = await startOpensshServer({ authorized: keys.map(({ publicKey }) => publicKey) });
  for (const { name, key } of keys) {
    const target = targetOf(server, { privateKey: key });
    const { timeout, signal } = options("");
    await using session = await createSsh2Shell().connect(target, { timeout, signal })
      .catch((error) => {
        throw new Error(`${name}: ${error}`);
      });
    equal(session.hostKey, server.hostKeys.ed25519, name);
  }
});

/** What the message says, for what the command prints. */
const refused: Readonly<Record<string, readonly [command: string, says: RegExp]>> = {
  "that is empty": ["true", /^is empty; make one with: ssh-keygen -t ed25519 -N '' -f \/key$/],
  "that is encrypted, by ssh-keygen": [
    "rm -f k k.pub; ssh-keygen -q -t rsa -b 1024 -N secret -f k && cat k",
    /^is encrypted \(OpenSSH, bcrypt, aes256-ctr\); remove its passphrase with: ssh-keygen -p -N '' -f \/key$/,
  ],
  "that is encrypted, PBKDF2": [
    "openssl genrsa 1024 | openssl pkcs8 -topk8 -passout pass:secret",
    /^is encrypted \(PKCS#8, PBKDF2\); remove its passphrase with: ssh-keygen -p/,
  ],
  "that is encrypted, scrypt": [
    "openssl genrsa 1024 | openssl pkcs8 -topk8 -scrypt -passout pass:secret",
    /^is encrypted \(PKCS#8, scrypt\)/,
  ],
  "that is encrypted, in old PEM": [
    "openssl genrsa -traditional -aes128 -passout pass:secret 1024",
    /^is encrypted \(PEM, MD5, AES-128-CBC\)/,
  ],
  "that is a public key": [
    "rm -f k k.pub; ssh-keygen -q -t rsa -b 1024 -N '' -f k; cat k.pub",
    /^is a public key; .*without \.pub$/,
  ],
  "that is a public key with options": ["echo no-pty $(cat k.pub)", /^is a public key/],
  "that is a public key of OpenSSL": ["openssl genrsa 1024 | openssl pkey -pubout", /^is a public key/],
  "that is a public key of RFC 4716": ["ssh-keygen -e -f k.pub", /^is a public key/],
  "that is an SSH certificate": [
    "rm -f ca ca.pub; ssh-keygen -q -t ed25519 -N '' -f ca; ssh-keygen -q -s ca -I me k.pub; cat k-cert.pub",
    /^is an SSH certificate/,
  ],
  "that is a certificate": [
    "openssl req -x509 -newkey rsa:1024 -nodes -subj /CN=x -keyout /dev/null 2>/dev/null",
    /^is a certificate; name its private key$/,
  ],
  "that is DSA": [
    "openssl dsaparam -genkey 1024",
    /^is a DSA key, which SSH servers no longer accept; create another with/,
  ],
  "that is DSA in PKCS#8": ["openssl dsaparam -genkey 1024 | openssl pkcs8 -topk8 -nocrypt", /^is a DSA key/],
  "that is Ed448": ["openssl genpkey -algorithm ed448", /^is a key of type Ed448, which SSH does not know/],
  "that is X25519": ["openssl genpkey -algorithm x25519", /^is a key of type X25519/],
  "that is RSA-PSS": ["openssl genpkey -algorithm RSA-PSS", /^is a key of type RSA-PSS/],
  "on a curve that SSH does not know": [
    `${EC}secp256k1`,
    /^is a key on the curve secp256k1; SSH knows nistp256/,
  ],
  "on a Brainpool curve": [`${EC}brainpoolP256r1`, /^is a key of type EC on another curve/],
  "of 512 bits": ["openssl genrsa 512", /^is an RSA key of 512 bits/],
  "that is text in UTF-16": [
    "openssl genrsa 1024 | iconv -t UTF-16",
    /^is text in UTF-16; convert it with: iconv/,
  ],
  "in UTF-16 without a mark": ["openssl genrsa 1024 | iconv -t UTF-16BE", /^is text in UTF-16/],
  "that is binary": [
    "openssl genrsa 1024 | openssl pkey -outform DER",
    /^is binary .* openssl pkey -in \/key -out \/key\.new$/,
  ],
  "that is cut off": ["openssl genrsa 1024 | head -10", /^is cut off/],
  "that is damaged": ["openssl genrsa 1024 | sed 5,9d", /^is damaged/],
  "of OpenSSH that is damaged": ["sed 5,9d k", /^is damaged/],
  "with its line ends written out": [
    "openssl genrsa 1024 | sed ':a;N;$!ba;s/\\n/\\\\n/g'",
    /^has \\n where its lines should end; fix it with: printf/,
  ],
  "that is base64 of a key": [
    "openssl genrsa 1024 | base64",
    /^is a key in base64; decode it with: base64 -d/,
  ],
  "that is a PGP key": ["echo -----BEGIN PGP PRIVATE KEY BLOCK-----", /^is an OpenPGP key/],
  "that is anything else": ["echo hello", /^is not a private key/],
};

keyTest("that cannot be used says what it is and what makes it usable", async () => {
  for (const [name, [command, says]] of Object.entries(refused)) {
    const read = readLoginKey(await printed(command), "/key");
    ok("problem" in read, `${name}: it was taken`);
    match(read.problem, says, name);
  }
});

keyTest("that was made usable by the command in its message logs in", async () => {
  for (
    const command of [
      "openssl genrsa -traditional 1024 | openssl pkey -outform DER",
      "openssl genrsa 1024 | iconv -t UTF-16",
    ]
  ) {
    await printed(`${command} > 'a key'`);
    const read = readLoginKey(await printed("cat 'a key'"), "a key");
    ok("problem" in read);
    await printed(read.problem.split(" with: ")[1]!);
    ok("key" in readLoginKey(await printed("cat 'a key.new'"), "a key.new"), read.problem);
  }
});

keyTest("of PuTTY says which command converts it", async () => {
  await printed("rm -f k k.pub; ssh-keygen -q -t rsa -b 1024 -N '' -f k && puttygen k -o ppk");
  const read = readLoginKey(await printed("cat ppk"), "ppk");
  ok("problem" in read);
  match(read.problem, /^is a PuTTY key; convert it with: puttygen ppk -O private-openssh -o ppk\.new$/);
  await printed(read.problem.split(" with: ")[1]!);
  ok("key" in readLoginKey(await printed("cat ppk.new"), "ppk.new"));
}, ["puttygen"]);

keyTest("is not shown by what is said of it", async () => {
  const key = (await makeKey(folder, { name: "secret", type: "ed25519" })).secret;
  const read = readLoginKey(key.slice(20), "/key");
  deepEqual(Object.keys(read), ["problem"]);
  ok(!key.split("\n").some((line) => line !== "" && JSON.stringify(read).includes(line)));
});
