/** What the scenarios about images share: a configuration with built and prepared images, and looks at what there is. */
import { imageStateName, type ProviderImage } from "../../src/domain/provider_image.ts";
import type { VirtualPool } from "./virtual_pool.ts";

interface ImageConfigOptions {
  /** Simulated clouds, each a provider of its name. */
  readonly clouds?: readonly string[];
  /** Names of diskimages, each with an image and a label of the same name. */
  readonly built?: readonly string[];
  /** Names of images that are set up and snapshotted, each with a label. */
  readonly prepared?: readonly string[];
  readonly minReady?: number;
  readonly maxServers?: number;
  /**
   * Further lines of YAML for each provider (else: no floating IPs), each image, each diskimage, and at the top (else: no
   * update for months).
   */
  readonly provider?: string;
  readonly image?: string;
  readonly diskimage?: string;
  readonly top?: string;
}

export function imageConfig(options: ImageConfigOptions = {}): string {
  const { clouds = ["simulator"], built = ["noble"], prepared = [], minReady = 0, maxServers = 10 } = options;
  const names = [...built, ...prepared];
  const image = (name: string) => `
      - name: ${name}
        ${built.includes(name) ? `diskimage: ${name}` : "base-image: debian-12\n        setup: prepare.sh"}
        min-ram: 512
        username: debian
        private-key: /key
        connection-port: 2222
        ${options.image ?? ""}`;
  const label = (name: string) => `
  - name: ${name}
    image: ${name}
    min-ready: ${minReady}
    providers: [${clouds.map((cloud) => `{name: ${cloud}}`).join(", ")}]`;
  const provider = (cloud: string) => `
  - name: ${cloud}
    cloud: ${cloud}
    max-servers: ${maxServers}
    rate: 0
    ${options.provider ?? "auto-floating-ip: false"}
    images:${names.map(image).join("")}`;
  const diskimage = (name: string) => `
  - name: ${name}
    elements: [tiny]
    ${options.diskimage ?? ""}`;
  return `
images-dir: /images
build-log-dir: /logs
${options.top ?? "cron: {image-update: 0 0 1 6 *}"}
labels:${names.map(label).join("")}
diskimages:${built.length === 0 ? " []" : built.map(diskimage).join("")}
providers:${clouds.map(provider).join("")}
`;
}

/** The images of a provider and name, as they are recorded; those of which nothing is left on the cloud left out. */
export function imagesOf(virtual: VirtualPool, provider?: string, image?: string): readonly ProviderImage[] {
  return virtual.pool.report().images.filter((one) =>
    one.state.phase !== "gone" && (provider === undefined || one.provider === provider) &&
    (image === undefined || one.image === image)
  );
}

export function readyImages(
  virtual: VirtualPool,
  provider?: string,
  image?: string,
): readonly ProviderImage[] {
  return imagesOf(virtual, provider, image).filter((one) => imageStateName(one) === "ready")
    .toSorted((a, b) => a.version - b.version);
}

/** Orders images as a command does, and waits for what becomes of it. */
export async function order(
  virtual: VirtualPool,
  kind: "build" | "upload" | "update",
  image: string,
  provider: string | null = null,
) {
  const placed = await virtual.during(virtual.ask("image-order", { kind, provider, image }));
  const { signal } = new AbortController();
  return await virtual.during(virtual.ask("image-order-end", placed, { signal }), 24 * 3_600_000);
}

/** Images that were made on the clouds and are there now. */
export function cloudImages(virtual: VirtualPool): number {
  return [...virtual.simulator.clouds.values()]
    .reduce((sum, { images }) => sum + images.counts().standing, 0);
}
