/** Records of a state that do not fit together, though each is whole: signs of damage, or of a defect. Nothing is changed. */
import { serverIdOf } from "../domain/node.ts";
import type { Contents, TableName } from "./store.ts";
import { kindOf, rowName, tableNames } from "./store.ts";

type Known = Pick<Contents, TableName | "nextIds">;

/** One line each, for people. */
export function stateOddities(contents: Known): readonly string[] {
  return [
    ...idsToCome(contents),
    ...sharedServers(contents),
    ...lostParents(contents),
    ...lostBuilds(contents),
  ];
}

/** Its id would be given out once more. */
function idsToCome(contents: Known): string[] {
  return tableNames.flatMap((table) => {
    const next = contents.nextIds[kindOf[table]];
    return contents[table].filter(({ id }) => id >= next)
      .map(({ id }) => `${rowName(table)} ${id}: the next id to be given out is ${next}`);
  });
}

function sharedServers({ nodes }: Known): string[] {
  const ofServer = Map.groupBy(nodes.filter((node) => serverIdOf(node) !== null), serverIdOf);
  return [...ofServer].filter(([, several]) => several.length > 1)
    .map(([server, several]) =>
      `nodes ${several.map(({ id }) => id).join(", ")} have the same server ${server}`
    );
}

function lostParents({ nodes }: Known): string[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return nodes.filter(({ parentId }) => parentId !== null && !ids.has(parentId))
    .map(({ id, parentId }) => `node ${id}: it is a subnode of node ${parentId}, which is gone`);
}

function lostBuilds({ dibImages, images }: Known): string[] {
  const ids = new Set(dibImages.map(({ id }) => id));
  return images.flatMap(({ id, source, state: { phase } }) =>
    source.type === "upload" && (phase === "create" || phase === "upload") && !ids.has(source.dibImageId)
      ? [`image ${id}: it is to be uploaded from dib image ${source.dibImageId}, which is gone`]
      : []
  );
}
