/** Recognizes a file without a private key by its first bytes, and says how to make a usable one of it. */

/** @param file its path, quoted for a shell. @returns to follow on its name: `is empty; …` */
export function whatItIs(text: string, file: string): string {
  const start = text.replace(/^\ufeff/, "").trimStart();
  if (start === "") return `is empty; make one with: ssh-keygen -t ed25519 -N '' -f ${file}`;
  return KINDS.find(({ looks }) => looks.test(start))?.say(file) ??
    "is not a private key: it has no line -----BEGIN … PRIVATE KEY-----";
}

const FROM_ITS_MAKER = "name the private one, which ssh-keygen writes beside it, without .pub";

const KINDS: readonly { readonly looks: RegExp; readonly say: (file: string) => string }[] = [
  {
    // Every other byte of ASCII is zero there.
    looks: /^[\ufffd]{0,2}(-\0|\0-|[\x20-\x7e]\0|\0[\x20-\x7e])/,
    say: (file) => `is text in UTF-16; convert it with: iconv -f UTF-16 -t UTF-8 ${file} > ${file}.new`,
  },
  {
    looks: /^PuTTY-User-Key-File-/,
    say: (file) => `is a PuTTY key; convert it with: puttygen ${file} -O private-openssh -o ${file}.new`,
  },
  {
    looks: /^-----BEGIN PGP /,
    say: (file) =>
      `is an OpenPGP key, not an SSH key; make one with: ssh-keygen -t ed25519 -N '' -f ${file}.new`,
  },
  {
    looks: /^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY/,
    say: (file) => `is a key of SSH Tectia; convert it with: ssh-keygen -i -f ${file} > ${file}.new`,
  },
  {
    looks: /^(\S+ )?(ssh|ecdsa|sk)-\S+-cert-v0[01]@openssh\.com /,
    say: () => `is an SSH certificate; ${FROM_ITS_MAKER}`,
  },
  { looks: /^(\S+ )?(ssh|ecdsa|sk)-\S+ AAAA/, say: () => `is a public key; ${FROM_ITS_MAKER}` },
  {
    looks: /^(-----BEGIN (RSA )?PUBLIC KEY|---- BEGIN SSH2 PUBLIC KEY)/,
    say: () => "is a public key; name the private one that belongs to it",
  },
  { looks: /-----BEGIN (X509 |TRUSTED )?CERTIFICATE/, say: () => "is a certificate; name its private key" },
  {
    looks: /^LS0tLS1CRUdJTi/,
    say: (file) => `is a key in base64; decode it with: base64 -d ${file} > ${file}.new`,
  },
  {
    looks: /^[0]?[\s\S]{0,8}\ufffd/,
    say: (file) =>
      `is binary (DER or PKCS#12); write it as PEM with: openssl pkey -in ${file} -out ${file}.new`,
  },
];
