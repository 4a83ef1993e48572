/** JSON patches of images, in the two forms that Glance takes, read and checked; they say nothing of an image yet. */
import { ApiRefusal } from "./api_refusal.ts";

export interface ImageChange {
  readonly operation: "add" | "replace" | "remove";
  /** A field or a property. */
  readonly key: string;
  /** undefined where it is taken away. */
  readonly value: unknown;
  /** Whether adding what is there already is refused. */
  readonly onlyNew: boolean;
}

/** In the older form the operation is the key of its path. */
type PatchVersion = "2.0" | "2.1";

/** By media type. */
export const PATCH_TYPES: ReadonlyMap<string, PatchVersion> = new Map([
  ["application/openstack-images-v2.0-json-patch", "2.0"],
  ["application/openstack-images-v2.1-json-patch", "2.1"],
]);

const OPERATIONS = ["add", "remove", "replace"] as const;

/** @throws ApiRefusal 400 for what is no patch of an image */
export function imageChanges(list: readonly unknown[], version: PatchVersion): ImageChange[] {
  return list.map((change) => {
    if (typeof change !== "object" || change === null || Array.isArray(change)) {
      throw new ApiRefusal(400, "Operations must be JSON objects.");
    }
    const raw = change as Record<string, unknown>;
    const { operation, path } = version === "2.0" ? oldForm(raw) : newForm(raw);
    if (operation !== "remove" && !("value" in raw)) {
      throw new ApiRefusal(400, `Operation "${operation}" requires a member named "value".`);
    }
    return { operation, key: keyOf(path), value: raw["value"], onlyNew: version === "2.0" };
  });
}

type Operation = Pick<ImageChange, "operation"> & { readonly path: unknown };

function newForm({ op, path }: Record<string, unknown>): Operation {
  const operation = OPERATIONS.find((one) => one === op);
  if (operation === undefined) {
    const known = `It must be one of the following: ${OPERATIONS.join(", ")}.`;
    throw new ApiRefusal(
      400,
      op === undefined
        ? `Unable to find \`op\` in JSON Schema change. ${known}`
        : `Invalid operation: \`${op}\`. ${known}`,
    );
  }
  return { operation, path };
}

function oldForm(raw: Record<string, unknown>): Operation {
  const [operation, ...more] = OPERATIONS.filter((one) => one in raw);
  if (operation === undefined || more.length > 0) {
    const message = 'Operation objects must contain exactly one member named "add", "remove", or "replace".';
    throw new ApiRefusal(400, message);
  }
  return { operation, path: raw[operation] };
}

/** A JSON pointer of one part; `~1` stands for a slash in it. */
function keyOf(path: unknown): string {
  if (typeof path !== "string") throw new ApiRefusal(400, "Unable to find 'path' in JSON Schema change");
  if (!path.startsWith("/")) throw new ApiRefusal(400, `Pointer \`${path}\` does not start with "/".`);
  if (/~[^01]|~$/.test(path)) {
    throw new ApiRefusal(400, `Pointer \`${path}\` contains "~" not part of a recognized escape sequence.`);
  }
  const [key = "", ...deeper] = path.slice(1).split("/");
  if (key === "" || deeper.length > 0) {
    throw new ApiRefusal(400, `Invalid JSON pointer for this resource: '${path}'`);
  }
  return key.replaceAll("~1", "/").replaceAll("~0", "~").trim();
}
