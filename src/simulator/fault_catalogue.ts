/**
 * The faults that a simulator can be told to show, by their numbers. A new fault is a row here; a rule that names
 * a number without a row is refused when it is armed.
 */
import { MINUTE, SECOND } from "../domain/time.ts";
import { errorAnswer, unauthorizedAnswer } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { Exchange } from "./exchange.ts";
import type { Blow, Fault } from "./fault.ts";
import { behave, keep, putOff, vanish } from "./hold_up.ts";
import { statusAt } from "./simulated_server.ts";

const UNEXPECTED =
  "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if " +
  "possible.\n<class 'oslo_db.exception.DBConnectionError'>";

function serverError(_blow: Blow, exchange: Exchange): Response {
  return errorAnswer(exchange.service, 500, { message: UNEXPECTED });
}

function tooMany(exchange: Exchange, headers: Record<string, string>): Response {
  return errorAnswer(exchange.service, 429, { message: "This request was rate-limited.", headers });
}

function quotaMessage(cloud: CloudState): string {
  const used = cloud.use().instances;
  return `Quota exceeded for instances: Requested 1, but already used ${used} of ${used} instances`;
}

/** Every fault there is, by number. */
export const faultCatalogue: ReadonlyMap<number, Fault> = new Map(
  ([
    {
      number: 1,
      title: "error 500 without effect",
      operations: "server.create",
      effect: false,
      refuse: serverError,
    },
    {
      number: 2,
      title: "error 500 with the effect",
      operations: "server.create",
      effect: true,
      spoil: serverError,
    },
    {
      number: 3,
      title: "connection reset after the effect (before it with effect: false)",
      operations: "server.create",
      effect: true,
      refuse: () => "reset",
      spoil: () => "reset",
    },
    {
      number: 4,
      title: "the answer never comes, after the effect (without it with effect: false)",
      operations: "server.create",
      effect: true,
      refuse: () => "silence",
      spoil: () => "silence",
    },
    {
      number: 5,
      title: "slow answers: time is the delay",
      operations: "*",
      time: 5 * SECOND,
      wait: ({ time }) => time,
    },
    {
      number: 6,
      title: "429 with Retry-After: time is what it asks for",
      operations: "server.*",
      time: 2 * SECOND,
      effect: false,
      refuse: ({ time }, exchange) => tooMany(exchange, { "retry-after": String(Math.ceil(time / SECOND)) }),
    },
    {
      number: 7,
      title: "429 without Retry-After",
      operations: "server.*",
      effect: false,
      refuse: (_blow, exchange) => tooMany(exchange, {}),
    },
    {
      number: 8,
      title: "403 over quota",
      operations: "server.create",
      effect: false,
      refuse: (_blow, exchange) =>
        errorAnswer(exchange.service, 403, { message: quotaMessage(exchange.cloud) }),
    },
    {
      number: 9,
      title: "the build ends in ERROR: No valid host",
      operations: "server.create",
      build: (_blow, server) => {
        server.fault = "No valid host was found. ";
        server.addressAt = Infinity;
      },
    },
    {
      number: 10,
      title: "the build never ends",
      operations: "server.create",
      build: (blow, server) => putOff(blow, server, "builtAt"),
    },
    {
      number: 11,
      title: "ACTIVE without an address",
      operations: "server.create",
      build: (blow, server) => putOff(blow, server, "addressAt"),
    },
    {
      number: 12,
      title: "SSH never opens",
      operations: "server.create",
      build: (blow, server) => behave(blow, server, "never"),
    },
    {
      number: 13,
      title: "SSH refuses the key",
      operations: "server.create",
      build: (blow, server) => behave(blow, server, "refusesKey"),
    },
    {
      number: 14,
      title: "SSH closes in the middle of a command",
      operations: "server.create",
      build: (blow, server) => behave(blow, server, "closes"),
    },
    {
      number: 15,
      title: "the server vanishes, time after ACTIVE or after arming (with effect: false without a trace)",
      operations: "server.create",
      time: SECOND,
      build: (blow, server, cloud) => vanish(blow, server, { cloud, at: server.builtAt + blow.time }),
      standing: (blow, server, cloud) => vanish(blow, server, { cloud, at: blow.now + blow.time }),
    },
    {
      number: 16,
      title: "the deletion is accepted, the server stays (task_state deleting)",
      operations: "server.delete",
      deletion: (blow, server, cloud) => keep(blow, server, cloud),
    },
    {
      number: 17,
      title: "409 on deletion",
      operations: "server.delete",
      effect: false,
      refuse: (_blow, exchange) =>
        errorAnswer(exchange.service, 409, {
          message: `Cannot 'delete' instance ${
            exchange.param("serverId")
          } while it is in task_state rebuilding`,
        }),
    },
    {
      number: 18,
      title: "deleted servers are still listed, for time",
      operations: "server.list",
      time: MINUTE,
      listing: ({ time, now }, view, cloud) => {
        const back = cloud.servers.gone().filter((server) => server.goneAt > now - time);
        view.servers = [...view.servers, ...back].sort((a, b) => a.sequence - b.sequence);
      },
    },
    {
      number: 19,
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
    {
      number: 20,
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
    {
      number: 21,
      title: "tokens end early, after time",
      operations: "token.create",
      time: 10 * SECOND,
      token: ({ time }) => time,
    },
    {
      number: 22,
      title: "401 storms",
      operations: "!token.*",
      effect: false,
      refuse: (_blow, exchange) =>
        unauthorizedAnswer(exchange.service, `${exchange.options.base}/identity/v3`),
    },
    {
      number: 23,
      title: "the endpoint is down",
      operations: "*",
      effect: false,
      refuse: () => "refused",
    },
    {
      number: 24,
      title: "malformed JSON, after the effect",
      operations: "*.list",
      effect: true,
      spoil: async (_blow, _exchange, answer) => {
        // A deletion's 204 has no JSON to spoil.
        if (answer.body === null) return answer;
        const text = await answer.text();
        return new Response(text.slice(0, Math.floor(text.length / 2)), {
          status: answer.status,
          headers: answer.headers,
        });
      },
    },
    {
      number: 27,
      title:
        "the upload is cut: a reset after half of what was announced, or 64 KiB; the image is queued again",
      operations: "image.upload",
      cut: (_blow, announced) => announced === null ? 64 * 1024 : Math.ceil(announced / 2),
    },
    {
      number: 28,
      title: "the upload or snapshot stays saving for ever (with effect: false queued)",
      operations: "image.upload server.snapshot",
      saving: (blow, image) => {
        if (blow.rule.effect === false) putOff(blow, image, "savingAt");
        putOff(blow, image, "activeAt");
      },
    },
    {
      number: 29,
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
    {
      number: 30,
      title: "409 on deletion: the image is in use, for time from the first such answer (without one always)",
      operations: "image.delete",
      effect: false,
      refuse: ({ rule, now, atEnd }, exchange) => {
        const image = exchange.cloud.images.get(exchange.param("imageId"));
        if (image === undefined) return null;
        if (image.refusedAt === null) {
          image.refusedAt = now;
          atEnd(() => image.refusedAt = null);
        }
        if (rule.time !== null && now >= image.refusedAt + rule.time) return null;
        const why = "because it is in use: The image cannot be deleted because it has clones.";
        return errorAnswer(exchange.service, 409, {
          message: `Image ${image.id} could not be deleted ${why}`,
        });
      },
    },
    {
      number: 32,
      title: "the floating IP pool is empty",
      operations: "floatingip.create",
      effect: false,
      refuse: (_blow, exchange) =>
        errorAnswer(exchange.service, 409, {
          type: "IpAddressGenerationFailure",
          message: "No more IP addresses available on the external network.",
        }),
    },
    {
      number: 34,
      title: "the port is left DOWN",
      operations: "server.create",
      build: (blow, { ports }) => {
        for (const port of ports) port.down = true;
        blow.atEnd(() => ports.forEach((port) => port.down = false));
      },
    },
    {
      number: 35,
      title:
        "the API's clock is ahead by time (behind with effect: false); changes are stamped by right ones",
      operations: "*",
      time: 7 * MINUTE,
      date: ({ time, rule }) => rule.effect === false ? -time : time,
    },
    {
      number: 37,
      title: "the host key changes, on servers there are",
      operations: "server.create",
      standing: (_blow, server) => {
        server.hostKeyEpoch++;
      },
    },
    {
      number: 38,
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
    {
      number: 39,
      title: "a refusal: status and message say which",
      operations: "server.create",
      effect: false,
      refuse: ({ rule: { status, message } }, exchange) =>
        errorAnswer(exchange.service, status ?? 403, { message: message ?? "Forbidden" }),
    },
  ] satisfies Fault[]).map((fault) => [fault.number, fault]),
);
