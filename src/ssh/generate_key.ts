/**
 * A fresh ed25519 key pair in OpenSSH's form, made off the event loop. One in some hundreds that ssh2 generates is
 * malformed (a public part whose first byte is zero is written without it), so each is read back before it is used.
 */
import ssh2 from "ssh2";

interface KeyPair {
  /** In OpenSSH's form, without a passphrase. */
  readonly private: string;
  /** `ssh-ed25519 BASE64`, as `authorized_keys` and Nova's keypairs have it. */
  readonly public: string;
}

export async function generateKey(): Promise<KeyPair> {
  const { utils } = ssh2;
  const isReadable = (key: string) => !(utils.parseKey(key) instanceof Error);
  for (;;) {
    const pair = await new Promise<KeyPair>((resolve, reject) => {
      utils.generateKeyPair("ed25519", (error, made) => error === null ? resolve(made) : reject(error));
    });
    if (isReadable(pair.private) && isReadable(pair.public)) return pair;
  }
}
