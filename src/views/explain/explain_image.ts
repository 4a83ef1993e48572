/** Why there is, or is not, an image: its builds, and what there is of it on each provider. */
import { currentImages } from "../../domain/current_images.ts";
import type { Evidence } from "../../domain/node.ts";
import type { Refusal } from "../../domain/obstacle.ts";
import { dibStateName } from "../../domain/dib_image.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { imageStateName } from "../../domain/provider_image.ts";
import { obstaclesOfOrder, stepOf } from "../../domain/record_obstacles.ts";
import { describeObstacle } from "../../domain/describe_obstacle.ts";
import { spacedDuration } from "../../domain/time.ts";
import type { Explanation } from "./explanation.ts";
import { newestErrors, nextOf, standstillOf, toldError, toldEvidence, toldObstacles } from "./told_parts.ts";

/** null: the configuration has neither an image nor a diskimage of that name, and none is left. */
export function explainImage(report: PoolReport, name: string): Explanation | null {
  const uses = (report.config?.providers ?? []).flatMap((provider) =>
    provider.images.filter((image) => image.name === name || image.diskimage === name)
      .map((image) => ({ provider: provider.name, image }))
  );
  const names = new Set([name, ...uses.flatMap(({ image }) => [image.name, image.diskimage ?? image.name])]);
  const builds = report.dibImages.filter((build) => names.has(build.name));
  const images = report.images.filter(({ image, state }) => names.has(image) && state.phase !== "gone");
  const isKnown = uses.length + builds.length + images.length > 0 ||
    report.config?.diskimages.some((diskimage) => diskimage.name === name);
  if (!isKnown) return null;
  const orders = report.orders.filter(({ image }) => names.has(image));
  const refusals: Refusal[] = orders.flatMap((order) => obstaclesOfOrder(order, report));
  const current = currentImages(report.images);
  const ready = uses.filter(({ provider, image }) => current(provider, image.name) !== null).length;
  const isBase = uses.length > 0 &&
    uses.every(({ image }) => image.diskimage === null && image.setup === null);
  return {
    summary: isBase
      ? `image ${name}: used as it is on ${uses.map(({ provider }) => provider).join(", ")}`
      : `image ${name}: ready on ${ready} of ${uses.length} ${uses.length === 1 ? "provider" : "providers"}`,
    obstacles: toldObstacles([...standstillOf(report), ...refusals, ...refusedFor(names, report)], {
      report,
      label: report.config?.labels.find(({ image }) => names.has(image))?.name ?? null,
    }),
    facts: [
      ...orders.filter(({ orderedAt }) => orderedAt !== null).map(({ provider, orderedAt }) => ({
        name: "ordered",
        value: `${provider ?? "a build"}, ${spacedDuration(report.now - orderedAt!)} ago`,
      })),
      ...builds.map((build) => ({
        name: `build ${build.id}`,
        value: `${dibStateName(build)}, version ${build.version}${stateText(build, report)}`,
      })),
      ...images.map((image) => ({
        name: `image ${image.id}`,
        value: `${imageStateName(image)} on ${image.provider}, version ${image.version}${
          current(image.provider, image.image)?.id === image.id ? ", current" : ""
        }${stateText(image, report)}`,
      })),
    ],
    next: nextOf(refusals, { report }),
    errors: newestErrors([
      ...orders.flatMap(({ provider, image, lastError, lastFailureAt: at }) =>
        lastError === null ? [] : [
          toldError(provider === null ? `diskimage ${image}` : `image ${image} on ${provider}`, lastError, {
            at,
            report,
          }),
        ]
      ),
      ...[...builds, ...images].flatMap(({ id, evidence }: { id: number; evidence: Evidence | null }) =>
        evidence === null ? [] : [toldEvidence(`image ${id}`, evidence, report)]
      ),
    ]),
  };
}

function stateText(record: Parameters<typeof stepOf>[0], report: PoolReport): string {
  const step = stepOf(record, report.now);
  return step === null ? "" : `: ${describeObstacle(step, report)}`;
}

const OF_IMAGES: readonly string[] = ["image-missing", "image-inactive", "image-not-looked-up", "local-file"];

/** Why its labels are refused for its sake. */
function refusedFor(names: ReadonlySet<string>, { labels, config }: PoolReport): Refusal[] {
  return labels.filter(({ name }) =>
    names.has(config?.labels.find((label) => label.name === name)?.image ?? "")
  )
    .flatMap(({ refusals }) => refusals.filter(({ obstacle }) => OF_IMAGES.includes(obstacle.kind)));
}
