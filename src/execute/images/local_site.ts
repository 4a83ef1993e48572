/** This process as the one place that builds diskimages, as it is where the state is a file. */
import type { Builder } from "../../build/builder.ts";
import type { Cloud } from "../../cloud/cloud.ts";
import { buildFolder } from "../../domain/build_path.ts";
import { thisProcess } from "../../domain/build_places.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import type { ProviderConfig } from "../../domain/config.ts";
import type { Clock } from "../../lib/clock.ts";
import { errorChain } from "../../lib/error_chain.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { executeBuildImage } from "./build_image.ts";
import type { BuildSite, BuildSites } from "./build_site.ts";
import { imagePostponed } from "./image_outcome.ts";
import { executeUploadImage } from "./upload_image.ts";

interface LocalSiteDeps extends Pick<BuildSite, "buildWorkers" | "uploadWorkers"> {
  readonly builder: Builder;
  readonly clock: Clock;
  readonly openCloud: (provider: ProviderConfig) => Cloud;
}

export function localSites(
  { builder, clock, openCloud, buildWorkers, uploadWorkers }: LocalSiteDeps,
): BuildSites {
  const how = { builder, clock };
  const site: BuildSite = {
    builder: null,
    folders: null,
    buildWorkers,
    uploadWorkers,
    build: ({ job }, { signal }) => executeBuildImage(job, { ...how, signal }),
    async upload({ externalId, dibImage: { path }, format, doubted, provider, onProgress }, { signal }) {
      // It takes long: a connection of its own outlasts changes of how the provider is reached.
      await using cloud = openCloud(provider);
      const upload = { path, format, externalId, doubted };
      return await executeUploadImage(upload, { ...how, cloud, onProgress, signal });
    },
    async remove(image, { signal }) {
      try {
        // Files that another machine may have are not this one's to remove.
        if (image.builder === undefined) {
          await waitFor(`the removal of ${image.path}.*`, () => builder.remove(image.path));
        }
        return { type: "removed" };
      } catch (error) {
        return imagePostponed(error, { image, clock, signal, reason: "delete" });
      }
    },
  };
  return { ...thisProcess, takers: [site], of: () => site };
}

/** Why folders with builds of this process are not in their place, by path: their disks are not mounted. */
export async function lookAtBuilds(
  dibImages: Iterable<DibImage>,
  { folderProblem }: Pick<Builder, "folderProblem">,
): Promise<ReadonlyMap<string, string>> {
  const whole = [...dibImages].filter(({ builder, state }) =>
    builder === undefined && state.phase === "ready"
  );
  const looks = [...Map.groupBy(whole, ({ path }) => buildFolder(path))].map(async ([folder, builds]) => {
    const files = builds.flatMap(({ path, formats }) => formats.map((format) => `${path}.${format}`));
    // One that cannot even be looked at is of no use either, and says nothing of the others.
    const problem = await Promise.try(folderProblem, folder, files)
      .catch((error) => `cannot look at ${folder}: ${errorChain(error)}`);
    return problem === null ? [] : [[folder, problem] as const];
  });
  return new Map((await Promise.all(looks)).flat());
}
