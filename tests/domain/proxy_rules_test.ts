import assert from "node:assert/strict";
import { describeProxy, NO_PROXY, proxyFor } from "../../src/domain/proxy_rules.ts";

const PROXY = "http://user:secret@proxy.example:3128/";

function isDirect(url: string, ...except: string[]): boolean {
  return proxyFor(new URL(url), { http: PROXY, https: PROXY, except }) === null;
}

Deno.test("no_proxy takes hosts with what is below them, with leading dots and asterisks, in any case", () => {
  for (const entry of ["example.org", ".example.org", "*.example.org", "EXAMPLE.org", "example.org."]) {
    assert.ok(isDirect("https://keystone.example.org:5000/v3", entry), entry);
    assert.ok(isDirect("https://example.org/", entry), entry);
    assert.ok(!isDirect("https://badexample.org/", entry), entry);
    assert.ok(!isDirect("https://example.org.evil.net/", entry), entry);
  }
  assert.ok(isDirect("http://anything.net/", "x.org", "*"));
  assert.ok(isDirect("http://localhost:8774/", "localhost"));
  assert.ok(!isDirect("http://localhost:8774/", ""));
});

Deno.test("no_proxy takes addresses and ranges of IPv4 and IPv6", () => {
  assert.ok(isDirect("http://10.1.2.3:5000/", "10.1.2.3"));
  assert.ok(isDirect("http://10.1.2.3:5000/", "10.0.0.0/8"));
  assert.ok(!isDirect("http://11.1.2.3:5000/", "10.0.0.0/8"));
  assert.ok(!isDirect("http://10.1.2.3:5000/", "1.2.3"));
  assert.ok(!isDirect("http://10.1.2.3:5000/", "10.0.0.0/99", "x/8", "10.0.0.0/"));
  for (const entry of ["fd00::7", "[fd00::7]", "fd00::/8", "[fd00::7]:5000", "fd00:0:0::7"]) {
    assert.ok(isDirect("http://[fd00::7]:5000/", entry), entry);
  }
  assert.ok(!isDirect("http://[2001:db8::7]:5000/", "fd00::/8"));
  assert.ok(!isDirect("http://keystone.example.org/", "10.0.0.0/8"));
});

Deno.test("no_proxy takes ports, also those that addresses leave out", () => {
  assert.ok(isDirect("https://example.org:5000/", "example.org:5000"));
  assert.ok(!isDirect("https://example.org:8774/", "example.org:5000"));
  assert.ok(isDirect("https://example.org/", "example.org:443"));
  assert.ok(isDirect("http://example.org/", "example.org:80"));
  assert.ok(isDirect("http://10.1.2.3:5000/", "10.1.2.3:5000"));
});

Deno.test("each scheme has its proxy, and a proxy is shown without its password", () => {
  const rules = { ...NO_PROXY, https: PROXY };
  assert.equal(proxyFor(new URL("http://a/"), rules), null);
  assert.equal(describeProxy(proxyFor(new URL("https://a/"), rules)!), "http://proxy.example:3128");
});
