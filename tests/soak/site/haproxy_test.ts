/** HAProxy with the manual's configuration finds the machine that leads, and the next one. */
import { equal } from "node:assert/strict";
import { topicTexts } from "../../../src/manual/topics.ts";
import { scrapeStandby } from "../../../src/metrics/standby_metrics.ts";
import { createStandbySite } from "../../../src/site/create_standby_site.ts";
import { serveSite } from "../../../src/site/serve_site.ts";
import { eventually } from "../../eventually.ts";
import { sampleFacts } from "../../metrics/sample_facts.ts";
import { testNeeding } from "../../needs.ts";
import { blocksOf } from "../../readme/document.ts";
import { openSite } from "../../site/open_site.ts";

const listen = [{ hostname: "127.0.0.1", port: 0 }];

/** The status endpoint of one of the machines. */
function machine(name: string, leader: { name: string }) {
  const site = openSite();
  const standby = createStandbySite({
    leader: () => ({ host: leader.name, status: null }),
    self: { host: name },
    scrape: (how) => scrapeStandby({ ...sampleFacts, pool: "ci", startedAt: 0 }, how),
  });
  const own = new Response(name);
  return serveSite({
    fetch(request) {
      if (new URL(request.url).pathname === "/name") return own.clone();
      return leader.name === name ? site.fetch(request) : standby.fetch(request);
    },
  }, { listen });
}

function portOf(url: string): string {
  return new URL(url).port;
}

testNeeding(
  ["haproxy"],
  "HAProxy with the manual's configuration sends everybody to the machine that leads",
  async () => {
    const leader = { name: "ci1" };
    await using one = machine("ci1", leader);
    await using two = machine("ci2", leader);
    const port = portOf((await freeAddress()).url);
    const { text } = blocksOf(topicTexts["several-machines"]!).find(({ words }) =>
      words.includes("haproxy")
    )!;
    const config = text.replace("bind :8080", `bind 127.0.0.1:${port}`)
      .replace("ci1:8005", `127.0.0.1:${portOf(one.urls[0]!)}`)
      .replace("ci2:8005", `127.0.0.1:${portOf(two.urls[0]!)}`);
    const folder = await Deno.makeTempDir({ prefix: "nodepool haproxy " });
    await Deno.writeTextFile(`${folder}/haproxy.cfg`, config);
    const run = (...args: string[]) =>
      new Deno.Command("haproxy", {
        args: ["-f", `${folder}/haproxy.cfg`, ...args],
        env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin` },
        stdout: "null",
        stderr: "null",
      });
    equal((await run("-c").output()).code, 0);
    const haproxy = run("-db").spawn();
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
      return { status: response?.status, text: await response?.text() };
    };
    /** Ten times in a row: HAProxy has looked at both. */
    const isReached = async (name: string) => {
      for (let count = 0; count < 10; count++) if ((await get("/name")).text !== name) return false;
      return (await get("/node-list")).status === 200;
    };
    try {
      await eventually(() => isReached("ci1"));
      leader.name = "ci2";
      await eventually(() => isReached("ci2"));
    } finally {
      haproxy.kill("SIGKILL");
      await haproxy.status;
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Nobody else had it a moment ago. */
async function freeAddress(): Promise<{ url: string }> {
  await using served = serveSite({ fetch: () => new Response("") }, { listen });
  return { url: served.urls[0]! };
}
