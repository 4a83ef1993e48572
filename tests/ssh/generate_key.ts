/**
 * A fresh ed25519 key pair in OpenSSH's form. One in some hundreds that ssh2 generates is malformed (a public
 * part whose first byte is zero is written without it), so each is read back before it is used.
 */
import ssh2 from "ssh2";

export function generateKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    const isReadable = (key: string) => !(ssh2.utils.parseKey(key) instanceof Error);
    if (isReadable(pair.private) && isReadable(pair.public)) return pair;
  }
}
