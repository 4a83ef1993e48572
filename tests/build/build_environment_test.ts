import { deepEqual, equal } from "node:assert/strict";
import { buildArguments } from "../../src/build/diskimage_builder.ts";
import { buildInputs } from "../../src/build/build_environment.ts";
import type { DiskimageConfig } from "../../src/domain/config.ts";
import { jobIn } from "./build_kit.ts";

function diskimage(name: string, other: Partial<DiskimageConfig> = {}): DiskimageConfig {
  return {
    name,
    elements: [],
    release: null,
    envVars: {},
    formats: ["qcow2"],
    pause: false,
    buildTimeout: 1,
    rebuildAge: 1,
    parent: null,
    ...other,
  };
}

const path = "/images/child-17";
const nowhere = { elementsDir: null, scriptDir: null };

Deno.test("buildInputs() names the image and its files, and sets nothing that is not configured", () => {
  const child = diskimage("child", { elements: ["ubuntu", "vm"] });
  deepEqual(buildInputs(child, { config: { diskimages: [child], ...nowhere }, path }), {
    elements: ["ubuntu", "vm"],
    environment: { DIB_IMAGE_NAME: "child", DIB_IMAGE_FILENAME: path },
  });
});

Deno.test("buildInputs() passes on the release and the directories", () => {
  const child = diskimage("child", { release: "noble" });
  const config = { diskimages: [child], elementsDir: "/a/elements:/b/elements", scriptDir: "/scripts" };
  deepEqual(buildInputs(child, { config, path }).environment, {
    DIB_RELEASE: "noble",
    DIB_IMAGE_NAME: "child",
    DIB_IMAGE_FILENAME: path,
    ELEMENTS_PATH: "/a/elements:/b/elements",
    NODEPOOL_SCRIPTDIR: "/scripts",
  });
});

Deno.test("buildInputs() lets env-vars win over everything else", () => {
  const envVars = { DIB_RELEASE: "mine", ELEMENTS_PATH: "/mine", DIB_IMAGE_NAME: "mine", OTHER: "" };
  const child = diskimage("child", { release: "noble", envVars });
  const config = { diskimages: [child], elementsDir: "/elements", scriptDir: null };
  deepEqual(buildInputs(child, { config, path }).environment, { ...envVars, DIB_IMAGE_FILENAME: path });
});

Deno.test("buildInputs() puts parents first and lets the child win, over any number of generations", () => {
  const first = diskimage("first", {
    elements: ["debian", "vm"],
    release: "bookworm",
    envVars: { A: "first", B: "first", C: "first" },
  });
  const second = diskimage("second", {
    parent: "first",
    elements: ["tools"],
    envVars: { B: "second", C: "second" },
  });
  const child = diskimage("child", { parent: "second", elements: ["vm", "mine"], envVars: { C: "child" } });
  const config = { diskimages: [child, second, first], ...nowhere };
  deepEqual(buildInputs(child, { config, path }), {
    elements: ["debian", "vm", "tools", "mine"],
    environment: {
      DIB_RELEASE: "bookworm",
      DIB_IMAGE_NAME: "child",
      DIB_IMAGE_FILENAME: path,
      A: "first",
      B: "second",
      C: "child",
    },
  });
  const trixie = diskimage("child", { parent: "second", release: "trixie" });
  equal(buildInputs(trixie, { config, path }).environment.DIB_RELEASE, "trixie");
});

Deno.test("buildInputs() comes to an end where parents are missing or go in circles", () => {
  const lost = diskimage("lost", { parent: "nobody", elements: ["a"] });
  deepEqual(buildInputs(lost, { config: { diskimages: [lost], ...nowhere }, path }).elements, ["a"]);
  const one = diskimage("one", { parent: "two", elements: ["a"] });
  const two = diskimage("two", { parent: "one", elements: ["b"] });
  deepEqual(buildInputs(one, { config: { diskimages: [one, two], ...nowhere }, path }).elements, ["b", "a"]);
});

Deno.test("buildArguments() asks for all formats in one run, and for an old qcow2 where there is one", () => {
  const job = { ...jobIn("/nowhere"), elements: ["ubuntu", "vm"] };
  deepEqual(buildArguments({ ...job, path: "/i/n-1", formats: ["raw", "vhd"] }), [
    "-x",
    "-t",
    "raw,vhd",
    "--no-tmpfs",
    "-o",
    "/i/n-1",
    "ubuntu",
    "vm",
  ]);
  deepEqual(buildArguments({ ...job, path: "/i/n-1", formats: ["qcow2"] }).slice(3, 6), [
    "--no-tmpfs",
    "--qemu-img-options",
    "compat=0.10",
  ]);
});

Deno.test("buildArguments() makes no old qcow2 beside a format for which qemu-img has no such option", () => {
  for (const [formats, isOld] of [[["qcow2", "raw", "vhd"], true], [["qcow2", "vmdk"], false]] as const) {
    equal(buildArguments({ ...jobIn("/nowhere"), formats }).includes("compat=0.10"), isOld);
  }
});
