import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { makeOwnCertificate } from "../../src/lib/own_certificate.ts";
import { testNeeding } from "../needs.ts";

Deno.test("a certificate of one's own is for one name, never ends, and is another each time", () => {
  const { certificate, key } = makeOwnCertificate("control.example.invalid");
  const read = new X509Certificate(certificate);
  assert.equal(read.subject, "CN=control.example.invalid");
  assert.equal(read.subjectAltName, "DNS:control.example.invalid");
  assert.match(read.validTo, /9999/);
  assert.match(key, /^-----BEGIN PRIVATE KEY-----/);
  assert.notEqual(makeOwnCertificate("control.example.invalid").certificate, certificate);
});

testNeeding(
  ["openssl"],
  "OpenSSL takes a certificate of one's own for what it says, and its signature for right",
  async () => {
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, makeOwnCertificate("control.example.invalid").certificate);
      const { code, stderr } = await new Deno.Command("openssl", {
        args: [
          "verify",
          "-x509_strict",
          "-check_ss_sig",
          "-verify_hostname",
          "control.example.invalid",
          "-partial_chain",
          "-trusted",
          file,
          file,
        ],
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    } finally {
      await Deno.remove(file);
    }
  },
);
