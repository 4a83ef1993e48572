import assert from "node:assert/strict";
import { environmentProxies } from "../../src/config/environment_proxies.ts";

const of = (variables: Readonly<Record<string, string>>) => environmentProxies((name) => variables[name]);

Deno.test("proxies are read from variables in small and capital letters, small ones first", () => {
  assert.deepEqual(of({ https_proxy: "http://a:1", HTTPS_PROXY: "http://b:2", HTTP_PROXY: "c:3" }).rules, {
    https: "http://a:1/",
    http: "http://c:3/",
    except: [],
  });
  assert.deepEqual(of({ ALL_PROXY: "https://u:p@a", no_proxy: "x.org, .y.org 10.0.0.0/8,,*" }).rules, {
    https: "https://u:p@a/",
    http: "https://u:p@a/",
    except: ["x.org", ".y.org", "10.0.0.0/8", "*"],
  });
  assert.deepEqual(of({ https_proxy: "", NO_PROXY: "z" }).rules, { https: null, http: null, except: ["z"] });
});

Deno.test("a proxy that cannot be used is told by its variable, once", () => {
  for (const value of ["socks5://a:1", "http://", "ftp://x"]) {
    const { rules, problems } = of({ all_proxy: value });
    assert.deepEqual([rules.http, rules.https, problems.length], [null, null, 1]);
    assert.match(
      problems[0]!,
      /^all_proxy cannot be used: only http:\/\/ and https:\/\/ proxies are supported/,
    );
  }
});
