import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hostKeyPreference, hostKeyText } from "../../src/ssh/host_key.ts";

Deno.test("hostKeyText() gives the type and the key as files of known hosts have them", () => {
  const base64 = "AAAAC3NzaC1lZDI1NTE5AAAAIBjDd1o4H2HWZEpa2gaFB1mter2otT80P/d/f/Y+sRQP";
  equal(hostKeyText(Buffer.from(base64, "base64")), `ssh-ed25519 ${base64}`);
});

Deno.test("hostKeyPreference() asks for ed25519 first where nothing is recorded", () => {
  equal(hostKeyPreference([])[0], "ssh-ed25519");
});

Deno.test("hostKeyPreference() asks for the recorded types first, and for all others after them", () => {
  const preference = hostKeyPreference(["ssh-rsa AAAA"]);
  deepEqual(preference.slice(0, 4), ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-ed25519"]);
  deepEqual(preference.toSorted(), hostKeyPreference([]).toSorted());
  deepEqual(hostKeyPreference(["ssh-rsa A", "ecdsa-sha2-nistp256 A"]).slice(0, 2), [
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
  ]);
});
