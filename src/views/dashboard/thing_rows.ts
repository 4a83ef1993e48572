/**
 * Single things on the dashboard: waiting requests, nodes and images that make no progress, the latest first; and
 * held nodes, those whose hold ends first at the top.
 */
import { dibStateName } from "../../domain/dib_image.ts";
import { type NodeRecord, type NodeStateName, stateName } from "../../domain/node.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { imageStateName } from "../../domain/provider_image.ts";
import { HOUR, type Instant, type Milliseconds, MINUTE } from "../../domain/time.ts";
import type { Thing } from "../pool_problem.ts";
import { type Shown, shownOf } from "./shown.ts";
import { heldNodes } from "../hold_view.ts";

interface LateThing {
  readonly thing: Thing;
  /** Its label or name, and where it is. */
  readonly what: string;
  /** Its phase, and what it waits for. */
  readonly doing: string;
  readonly since: Instant;
}

/** From then on somebody may want to look: well above what is usual, well below the limits that end it. */
const REQUEST_LATE = 10 * MINUTE;
const NODE_LATE: Readonly<Partial<Record<NodeStateName, Milliseconds>>> = {
  building: 10 * MINUTE,
  test: 10 * MINUTE,
  delete: 10 * MINUTE,
};
const IMAGE_LATE = 1 * HOUR;

const MOST = 8;

export function lateThings(report: PoolReport): Shown<LateThing> {
  const all = [...lateRequests(report), ...lateNodes(report), ...lateImages(report)]
    .sort((left, right) => left.since - right.since);
  return shownOf(all, { most: MOST });
}

function lateRequests({ requests, now }: PoolReport): LateThing[] {
  return requests.filter(({ grantedAt, createdAt }) => grantedAt === null && now - createdAt >= REQUEST_LATE)
    .map(({ id, label, client, createdAt, waitingOn }) => ({
      thing: { kind: "request", name: String(id) },
      what: client === null ? label : `${label} for ${client}`,
      doing: `waits${waitingOn === null ? "" : `: ${waitingOn.message}`}`,
      since: createdAt,
    }));
}

function lateNodes({ nodes, now }: PoolReport): LateThing[] {
  const isLate = (node: NodeRecord) => now - node.stateSince >= (NODE_LATE[stateName(node)] ?? Infinity);
  return nodes.filter(isLate).map(({ id, label, role, provider, state, stateSince, waitingOn }) => ({
    thing: { kind: "node", name: String(id) },
    what: `${label || role} on ${provider}`,
    doing: `${state.phase}${waitingOn === null ? "" : `: ${waitingOn.message}`}`,
    since: stateSince,
  }));
}

function lateImages({ dibImages, images, now }: PoolReport): LateThing[] {
  const builds = dibImages.map((image) => ({ image, what: `build of ${image.name}`, name: image.name }))
    .filter(({ image }) => dibStateName(image) !== "ready");
  const uploads = images.map((image) => ({
    image,
    what: `${image.image} on ${image.provider}`,
    name: image.image,
  })).filter(({ image }) => image.state.phase !== "gone" && imageStateName(image) !== "ready");
  return [...builds, ...uploads].filter(({ image }) => now - image.stateSince >= IMAGE_LATE)
    .map(({ image: { state, stateSince, waitingOn }, what, name }) => ({
      thing: { kind: "image", name },
      what,
      doing: `${state.phase}${waitingOn === null ? "" : `: ${waitingOn.message}`}`,
      since: stateSince,
    }));
}

export function holdRows(report: PoolReport) {
  const rows = heldNodes(report).map(({ node: { id, label, hold, stateSince }, holder, ends }) => ({
    id,
    label,
    /** Empty: nobody said. */
    holder,
    reason: hold?.reason ?? null,
    since: stateSince,
    /** null: when somebody ends it. */
    ends,
    login: `nodepool ssh ${id}`,
  }));
  return shownOf(rows, { most: MOST });
}
