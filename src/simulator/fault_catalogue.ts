/**
 * The faults that a simulator can be told to show, by their numbers. A new fault is a row here; a rule that names
 * a number without a row is refused when it is armed.
 */
import { MINUTE, SECOND } from "../domain/time.ts";
import { ApiRefusal, unauthorizedAnswer } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { Fault } from "./fault.ts";
import { behave, keep, putOff, vanish } from "./hold_up.ts";
import { statusAt } from "./simulated_server.ts";

const UNEXPECTED =
  "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if " +
  "possible.\n<class 'oslo_db.exception.DBConnectionError'>";

function serverError(): ApiRefusal {
  return new ApiRefusal(500, UNEXPECTED);
}

function tooMany(headers: Record<string, string> = {}): ApiRefusal {
  return new ApiRefusal(429, "This request was rate-limited.", { headers });
}

function quotaMessage(cloud: CloudState): string {
  const used = cloud.use().instances;
  return `Quota exceeded for instances: Requested 1, but already used ${used} of ${used} instances`;
}

type FaultRow = Omit<Fault, "number">;

/** On servers just planned, whichever request planned them. */
function onBuild(title: string, build: Fault["build"]): FaultRow {
  return { title, operations: "server.create", build };
}

/** An answer in the request's place, which takes no effect unless the rule says so. */
function refusal(title: string, { of, by }: { of: string; by: Fault["refuse"] }): FaultRow {
  return { title, operations: of, effect: false, refuse: by };
}

const faults: Readonly<Record<number, FaultRow>> = {
  1: { title: "error 500 without effect", operations: "server.create", effect: false, refuse: serverError },
  2: { title: "error 500 with the effect", operations: "server.create", effect: true, spoil: serverError },
  3: {
    title: "connection reset after the effect (before it with effect: false)",
    operations: "server.create",
    effect: true,
    refuse: () => "reset",
    spoil: () => "reset",
  },
  4: {
    title: "the answer never comes, after the effect (without it with effect: false)",
    operations: "server.create",
    effect: true,
    refuse: () => "silence",
    spoil: () => "silence",
  },
  5: {
    title: "slow answers: time is the delay",
    operations: "*",
    time: 5 * SECOND,
    wait: ({ time }) => time,
  },
  6: {
    title: "429 with Retry-After: time is what it asks for",
    operations: "server.*",
    time: 2 * SECOND,
    effect: false,
    refuse: ({ time }) => tooMany({ "retry-after": String(Math.ceil(time / SECOND)) }),
  },
  7: refusal("429 without Retry-After", { of: "server.*", by: () => tooMany() }),
  8: refusal("403 over quota", {
    of: "server.create",
    by: (_blow, exchange) => new ApiRefusal(403, quotaMessage(exchange.cloud)),
  }),
  9: onBuild("the build ends in ERROR: No valid host", (_blow, server) => {
    server.fault = "No valid host was found. ";
    server.addressAt = Infinity;
  }),
  10: onBuild("the build never ends", (blow, server) => putOff(blow, server, "builtAt")),
  11: onBuild("ACTIVE without an address", (blow, server) => putOff(blow, server, "addressAt")),
  12: onBuild("SSH never opens", (blow, server) => behave(blow, server, "never")),
  13: onBuild("SSH refuses the key", (blow, server) => behave(blow, server, "refusesKey")),
  14: onBuild("SSH closes in the middle of a command", (blow, server) => behave(blow, server, "closes")),
  15: {
    title: "the server vanishes, time after ACTIVE or after arming (with effect: false without a trace)",
    operations: "server.create",
    time: SECOND,
    build: (blow, server, cloud) => vanish(blow, server, { cloud, at: server.builtAt + blow.time }),
    standing: (blow, server, cloud) => vanish(blow, server, { cloud, at: blow.now + blow.time }),
  },
  16: {
    title: "the deletion is accepted, the server stays (task_state deleting)",
    operations: "server.delete",
    deletion: (blow, server, cloud) => keep(blow, server, cloud),
  },
  17: refusal("409 on deletion", {
    of: "server.delete",
    by: (_blow, exchange) =>
      new ApiRefusal(
        409,
        `Cannot 'delete' instance ${exchange.param("serverId")} while it is in task_state rebuilding`,
      ),
  }),
  18: {
    title: "deleted servers are still listed, for time",
    operations: "server.list",
    time: MINUTE,
    listing: ({ time, now }, view, cloud) => {
      const back = cloud.servers.gone().filter((server) => server.goneAt > now - time);
      view.servers = [...view.servers, ...back].sort((a, b) => a.sequence - b.sequence);
    },
  },
  19: {
    title: "the list is cut short without notice (with effect: false it is empty); image.list as well",
    operations: "server.list",
    listing: ({ random, rule }, view) => {
      const kept = rule.effect === false ? 0 : random.integer(view.servers.length);
      view.servers = view.servers.slice(view.servers.length - kept);
      view.down = [];
      view.cut = true;
    },
    imageListing: ({ random, rule }, count) => rule.effect === false ? 0 : random.integer(count),
  },
  20: {
    title: "the list is stale: as it was time ago",
    operations: "server.list",
    time: 30 * SECOND,
    listing: ({ time, now }, view, cloud) => {
      view.asOf = now - time;
      view.servers = [...cloud.servers.standing(), ...cloud.servers.gone()]
        .filter((server) => server.createdAt <= view.asOf && statusAt(server, view.asOf) !== "DELETED")
        .sort((a, b) => a.sequence - b.sequence);
    },
  },
  21: {
    title: "tokens end early, after time",
    operations: "token.create",
    time: 10 * SECOND,
    token: ({ time }) => time,
  },
  22: refusal("401 storms", {
    of: "!token.*",
    by: (_blow, exchange) => unauthorizedAnswer(exchange.service, `${exchange.options.base}/identity/v3`),
  }),
  23: { title: "the endpoint is down", operations: "*", effect: false, refuse: () => "refused" },
  24: {
    title: "malformed JSON, after the effect",
    operations: "*.list",
    effect: true,
    // A deletion's 204 has no JSON to spoil.
    spoil: (_blow, _exchange, { body, ...answer }) => ({
      ...answer,
      body: body && body.slice(0, Math.floor(body.length / 2)),
    }),
  },
  27: {
    title:
      "the upload is cut: a reset after half of what was announced, or 64 KiB; the image is queued again",
    operations: "image.upload",
    cut: (_blow, announced) => announced === null ? 64 * 1024 : Math.ceil(announced / 2),
  },
  28: {
    title: "the upload or snapshot stays saving for ever (with effect: false queued)",
    operations: "image.upload server.snapshot",
    saving: (blow, image) => {
      if (blow.rule.effect === false) putOff(blow, image, "savingAt");
      putOff(blow, image, "activeAt");
    },
  },
  29: {
    title: "the upload or snapshot is killed when it should be active",
    operations: "image.upload server.snapshot",
    saving: (blow, image) => {
      const planned = image.activeAt;
      image.killedAt = planned;
      image.activeAt = Infinity;
      blow.atEnd((now) => {
        if (now < image.killedAt) [image.activeAt, image.killedAt] = [planned, Infinity];
      });
    },
  },
  30: refusal(
    "409 on deletion: the image is in use, for time from the first such answer (without one always)",
    {
      of: "image.delete",
      by: ({ rule, now, atEnd }, exchange) => {
        const image = exchange.cloud.images.get(exchange.param("imageId"));
        if (image === undefined) return null;
        if (image.refusedAt === null) {
          image.refusedAt = now;
          atEnd(() => image.refusedAt = null);
        }
        if (rule.time !== null && now >= image.refusedAt + rule.time) return null;
        const why = "because it is in use: The image cannot be deleted because it has clones.";
        return new ApiRefusal(409, `Image ${image.id} could not be deleted ${why}`);
      },
    },
  ),
  32: refusal("the floating IP pool is empty", {
    of: "floatingip.create",
    by: () =>
      new ApiRefusal(409, "No more IP addresses available on the external network.", {
        type: "IpAddressGenerationFailure",
      }),
  }),
  34: onBuild("the port is left DOWN", (blow, { ports }) => {
    for (const port of ports) port.down = true;
    blow.atEnd(() => ports.forEach((port) => port.down = false));
  }),
  35: {
    title: "the API's clock is ahead by time (behind with effect: false); changes are stamped by right ones",
    operations: "*",
    time: 7 * MINUTE,
    date: ({ time, rule }) => rule.effect === false ? -time : time,
  },
  37: {
    title: "the host key changes, on servers there are",
    operations: "server.create",
    standing: (_blow, server) => {
      server.hostKeyEpoch++;
    },
  },
  38: {
    title:
      "the cell of servers there are is down, for time: status UNKNOWN from 2.69 on, before and with effect: false " +
      "they are not listed",
    operations: "server.create",
    time: 10 * MINUTE,
    standing: ({ rule, time, now, atEnd }, server) => {
      server.cellDown = { until: now + time, told: rule.effect !== false };
      atEnd(() => server.cellDown = null);
    },
  },
  39: refusal("a refusal: status and message say which", {
    of: "server.create",
    by: ({ rule: { status, message } }) => new ApiRefusal(status ?? 403, message ?? "Forbidden"),
  }),
};

/** Every fault there is, by number. */
export const faultCatalogue: ReadonlyMap<number, Fault> = new Map(
  Object.entries(faults).map(([key, fault]) => [Number(key), { number: Number(key), ...fault }]),
);
