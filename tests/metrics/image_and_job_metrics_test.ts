import assert from "node:assert/strict";
import type { DibImage } from "../../src/domain/dib_image.ts";
import type { ProviderImage, ProviderImageState } from "../../src/domain/provider_image.ts";
import { type Labels, took } from "../../src/metrics/happening.ts";
import { dibImageHappenings, providerImageHappenings } from "../../src/metrics/record_happenings.ts";
import { StatsdMetrics } from "../../src/metrics/statsd_metrics.ts";
import { statsdLines } from "../../src/metrics/statsd_metrics.ts";
import { statsdAddress } from "../../src/metrics/statsd_address.ts";

const SAVING: ProviderImageState = { phase: "saving", externalId: "i" };
const READY: ProviderImageState = { phase: "ready", externalId: "i" };

function providerImage(state: ProviderImageState, stateSince: number): ProviderImage {
  return {
    revision: 1,
    id: 3,
    provider: "rax.ord",
    image: "trusty",
    version: 1,
    source: { type: "snapshot", setup: "prepare.sh" },
    hostname: "template-trusty-1",
    state,
    stateSince,
    phaseSince: stateSince,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    keypair: null,
    serverId: null,
    logFile: null,
    comment: null,
    deletedBy: null,
    evidence: null,
  };
}

function dibImage(state: DibImage["state"], stateSince: number): DibImage {
  return {
    revision: 1,
    id: 4,
    name: "trusty",
    version: 1,
    state,
    path: "/images/trusty-1",
    formats: ["qcow2"],
    logFile: null,
    stateSince,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    comment: null,
    deletedBy: null,
    evidence: null,
  };
}

const timed = (name: string, value: number) => [
  { type: "timing", name, value },
  { type: "count", name, value: 1 },
];

Deno.test("providerImageHappenings() tells of an image that became ready, since it was decided on", () => {
  const happenings = providerImageHappenings(providerImage(SAVING, 1_000), providerImage(READY, 61_000));
  assert.deepEqual(happenings.flatMap(statsdLines), timed("nodepool.image_update.trusty.rax_ord", 60_000));
});

Deno.test("providerImageHappenings() says nothing of any other change", () => {
  const gone: ProviderImageState = { phase: "delete", externalId: "i", lostAt: null, acceptedAt: null };
  for (
    const [previous, next] of [
      [null, providerImage(SAVING, 1)],
      [providerImage({ phase: "keypair" }, 1), providerImage(SAVING, 1)],
      [providerImage(SAVING, 1), providerImage(gone, 2)],
      [providerImage(READY, 1), providerImage(READY, 1)],
      [providerImage(READY, 1), providerImage(gone, 2)],
      [providerImage(SAVING, 1), null],
    ] as const
  ) {
    assert.deepEqual(providerImageHappenings(previous, next), []);
  }
});

Deno.test("dibImageHappenings() tells of a build that became ready, since diskimage-builder was started", () => {
  const ready = dibImage({ phase: "ready", files: [] }, 61_000);
  const name = "nodepool.dib_image_build.trusty";
  assert.deepEqual(
    dibImageHappenings(dibImage({ phase: "build", startedAt: 11_000 }, 1_000), ready).flatMap(statsdLines),
    timed(name, 50_000),
  );
  assert.deepEqual(
    dibImageHappenings(dibImage({ phase: "build", startedAt: null }, 1_000), ready).flatMap(statsdLines),
    timed(name, 60_000),
  );
});

Deno.test("dibImageHappenings() says nothing of a build that starts, fails or is removed", () => {
  const building = dibImage({ phase: "build", startedAt: 1 }, 1);
  const ready = dibImage({ phase: "ready", files: [] }, 2);
  const deleted = dibImage({ phase: "delete" }, 3);
  const pairs = [[null, building], [building, building], [building, deleted], [ready, deleted], [
    deleted,
    null,
  ]] as const;
  for (const [previous, next] of pairs) assert.deepEqual(dibImageHappenings(previous, next), []);
});

const END: Labels = {
  job: "gate-tempest",
  branch: "stable/kilo",
  label: "devstack-precise",
  provider: "rax-ord",
  result: "SUCCESS",
};

const jobLines = (labels: Labels) => statsdLines(took("job", labels, 1_234_000));

Deno.test("StatsD is told of a job's success on four levels, each with its runtime and its builds", () => {
  const levels = [
    "nodepool.job.gate-tempest",
    "nodepool.job.gate-tempest.stable-kilo",
    "nodepool.job.gate-tempest.stable-kilo.devstack-precise",
    "nodepool.job.gate-tempest.stable-kilo.devstack-precise.rax-ord",
  ];
  assert.deepEqual(
    jobLines(END),
    levels.flatMap((level) => [
      { type: "timing", name: `${level}.runtime`, value: 1_234_000 },
      { type: "count", name: `${level}.builds`, value: 1 },
    ]),
  );
});

Deno.test("StatsD is told unknown_branch of a job without a branch, as 2016's said", () => {
  const names = jobLines({ ...END, branch: null }).map(({ name }) => name);
  assert.ok(names.includes("nodepool.job.gate-tempest.unknown_branch.builds"));
});

for (const result of ["FAILURE", "ABORTED", null]) {
  Deno.test(`StatsD is told nothing of a job that ended with ${result}`, () => {
    assert.deepEqual(jobLines({ ...END, result }), []);
  });
}

Deno.test("StatsdMetrics tells each by its kind", () => {
  const told: unknown[] = [];
  const metrics = new StatsdMetrics({
    gauge: () => assert.fail("no gauge"),
    timing: (...args) => told.push(args),
    increment: (...args) => told.push(args),
  });
  metrics.tell([took("dib_image_build", { image: "a" }, 5)]);
  assert.deepEqual(told, [["nodepool.dib_image_build.a", 5], ["nodepool.dib_image_build.a"]]);
});

for (
  const [variables, address, problem] of [
    [{}, null, null],
    [{ STATSD_HOST: "", STATSD_PORT: " " }, null, null],
    [{ STATSD_HOST: "graphite" }, { host: "graphite", port: 8125 }, null],
    [{ STATSD_HOST: " graphite ", STATSD_PORT: "9125" }, { host: "graphite", port: 9125 }, null],
    [{ STATSD_PORT: "9125" }, { host: "localhost", port: 9125 }, null],
    [
      { STATSD_HOST: "g", STATSD_PORT: "0" },
      { host: "g", port: 8125 },
      /STATSD_PORT is "0", which is not a port; using 8125;/,
    ],
    [{ STATSD_HOST: "g", STATSD_PORT: "65536" }, { host: "g", port: 8125 }, /STATSD_PORT/],
    [{ STATSD_HOST: "g", STATSD_PORT: "8125/udp" }, { host: "g", port: 8125 }, /STATSD_PORT/],
  ] as const
) {
  Deno.test(`statsdAddress() of ${JSON.stringify(variables)}`, () => {
    const found = statsdAddress((name) => (variables as Record<string, string>)[name]);
    assert.deepEqual(found.address, address);
    if (problem === null) assert.equal(found.problem, null);
    else assert.match(found.problem ?? "", problem);
  });
}
