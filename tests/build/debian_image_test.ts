/**
 * A real Debian image by the real diskimage-builder, from the mirror that apt uses here. It takes minutes and the
 * network, so it is there only with NODEPOOL_TEST_DEBIAN_IMAGE=1.
 */
import { deepEqual, match, ok } from "node:assert/strict";
import { aptMirrors } from "../apt_mirrors.ts";
import { unaborted } from "./build_kit.ts";
import { testNeeding } from "../needs.ts";
import { dibEnvironment, dibKit, dibNeeds } from "./dib_kit.ts";

const asked = Deno.env.get("NODEPOOL_TEST_DEBIAN_IMAGE") === "1";
if (asked) {
  testNeeding([...dibNeeds, "apt"], "diskimage-builder builds a real Debian image", async () => {
    await using kit = await dibKit();
    const job = {
      ...kit.job(),
      elements: ["debian-minimal", "vm"],
      formats: ["qcow2"],
      environment: { ...dibEnvironment(kit.folder), ...await debianEnvironment() },
      timeout: 45 * 60_000,
    };
    const start = performance.now();
    const [file] = await kit.builder.build(job, unaborted());
    const seconds = Math.round((performance.now() - start) / 1000);
    console.log(`built in ${seconds} s: ${Math.round(file!.size / 2 ** 20)} MiB`);
    ok(file!.size > 100 * 2 ** 20, `${file!.size} bytes`);
    match(await Deno.readTextFile(job.logFile), /Build completed successfully\n/);
    deepEqual(await kit.left(), []);
    const manifests = [...Deno.readDirSync(`${job.path}.d`)].map(({ name }) => name);
    ok(manifests.length > 0);
    await kit.builder.remove(job.path);
    deepEqual([...Deno.readDirSync(`${kit.folder}/images`)], []);
  });
}

async function debianEnvironment(): Promise<Record<string, string>> {
  const { main, security } = await aptMirrors();
  const sources = [`default:deb ${main} bookworm main`];
  if (security !== undefined) sources.push(`security:deb ${security} bookworm-security main`);
  return {
    DIB_RELEASE: "bookworm",
    DISTRO_NAME: "debian",
    DIB_DISTRIBUTION_MIRROR: main,
    DIB_APT_SOURCES_CONF: sources.join("\n"),
  };
}
