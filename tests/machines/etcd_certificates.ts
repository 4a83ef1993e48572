/** Certificates of a cluster's authority that a test wants to be wrong. */

interface Wanted {
  /** As `openssl -subj`. */
  readonly subject: string;
  /** Whether it was good for a day in 2020, and is not any more. */
  readonly isExpired?: boolean;
  /** When it begins to be good, for a year, as openssl writes times. */
  readonly from?: string;
  /** The host that it is for: `DNS:HOST`; 127.0.0.1 by default. */
  readonly name?: string;
}

/** Makes it besides the authority's. @returns the paths of it and its key */
export async function makeCertificate(
  folder: string,
  name: string,
  { subject, isExpired = false, from, name: host = "IP:127.0.0.1" }: Wanted,
): Promise<{ cert: string; key: string }> {
  const [cert, key, request, config] = [".pem", "-key.pem", ".csr", ".cnf"].map((end) =>
    `${folder}/${name}${end}`
  );
  const database = `${folder}/${name}.db`;
  await Deno.writeTextFile(database, "");
  await Deno.writeTextFile(
    config!,
    `[ca]
default_ca = this
[this]
database = ${database}
new_certs_dir = ${folder}
default_md = sha256
policy = any
rand_serial = yes
x509_extensions = leaf
[any]
commonName = optional
organizationName = optional
[leaf]
subjectAltName = ${host}
extendedKeyUsage = serverAuth,clientAuth
`,
  );
  // deno-fmt-ignore
  await openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
    "-keyout", key!, "-out", request!);
  const time = isExpired
    ? ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]
    : from !== undefined
    ? ["-startdate", from, "-enddate", from.replace(/^\d{4}/, (year) => String(Number(year) + 1))]
    : ["-days", "30"];
  // deno-fmt-ignore
  await openssl("ca", "-batch", "-notext", "-config", config!, "-cert", `${folder}/ca.pem`, "-keyfile", `${folder}/ca-key.pem`,
    "-in", request!, "-out", cert!, ...time);
  return { cert: cert!, key: key! };
}

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, stderr: "piped", stdout: "null" })
    .output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}
