import assert from "node:assert/strict";
import { describeObstacle } from "../../src/domain/describe_obstacle.ts";
import { isObstacle } from "../../src/domain/obstacle.ts";
import { DAY, HOUR, MINUTE } from "../../src/domain/time.ts";
import { emptyOrder } from "../../src/domain/order_book.ts";
import { findOffer, type OfferSituation } from "../../src/plan/offers.ts";
import {
  catalog,
  config,
  image,
  inventory,
  label,
  missing,
  NOW,
  provider,
  refusal,
  sampleCloudImage,
  seen,
  small,
} from "./plan_fixtures.ts";

function offer(
  { wallOffset = 0, ...fields }: Partial<OfferSituation> & { readonly wallOffset?: number } = {},
  at: { provider?: ReturnType<typeof provider>; label?: ReturnType<typeof label> } = {},
) {
  const basics = {
    now: NOW,
    seen: seen(),
    pause: undefined,
    building: 0,
    asking: false,
    current: () => null,
    config: config({ scriptDir: "/scripts" }),
  };
  const found = findOffer(at.label ?? label(), at.provider ?? provider(), { ...basics, ...fields });
  return isObstacle(found) ? describeObstacle(found, { now: NOW, wallOffset }) : found;
}

const pause = {
  provider: "cloud-a",
  label: "noble",
  failures: 1,
  until: NOW + MINUTE,
  lastError: "no login",
  lastFailureAt: NOW,
};

/** The orders of a pool in which attempts at `noble` fail there; null: its builds. */
function failing(provider: string | null): OfferSituation["order"] {
  const order = { ...emptyOrder({ provider, image: "noble" }), failures: 2, lastError: "no room" };
  return (of, image) => of === provider && image === "noble" ? order : null;
}

Deno.test("an offer has the flavor and the image that the catalog has for the label", () => {
  const found = offer();
  assert.ok(typeof found !== "string");
  assert.deepEqual([found.flavor, found.imageId, found.image.name, found.provider.name], [
    small,
    "i1",
    "noble",
    "cloud-a",
  ]);
});

const refused: readonly (readonly [string, ReturnType<typeof offer>, RegExp])[] = [
  ["is retired", offer({}, { provider: provider({ maxServers: -1 }) }), /^retired: max-servers is -1$/],
  ["was not contacted yet", offer({ seen: undefined }), /^not contacted yet$/],
  [
    "is out of reach",
    offer({ seen: seen({ failure: { message: "connection refused", since: NOW } }) }),
    /^unreachable since 03:04:05 UTC: connection refused$/,
  ],
  [
    "is unreachable since another day, which is told with its date",
    offer({ seen: seen({ failure: { message: "connection refused", since: NOW - DAY } }) }),
    /^unreachable since 20\d\d-\d\d-\d\d 03:04:05 UTC: connection refused$/,
  ],
  [
    "is out of reach, by the machine's clock as it is set now",
    offer({ wallOffset: -HOUR, seen: seen({ failure: { message: "connection refused", since: NOW } }) }),
    /^unreachable since 02:04:05 UTC: connection refused$/,
  ],
  [
    "has much that is missing looked up",
    offer({ seen: seen({ missing: { ...missing, isLooking: true } }) }),
    /^checking what its listings omit$/,
  ],
  [
    "has no catalog yet",
    offer({ seen: seen({ catalog: catalog({ flavors: null }) }) }),
    /^not fully listed yet$/,
  ],
  ["was never listed", offer({ seen: seen({ inventory: inventory([]) }) }), /^not fully listed yet$/],
  [
    "refuses for a while",
    offer({ seen: seen({ refusal: refusal() }) }),
    /^over quota \(see: nodepool manual quota\); trying again at 03:05:05 UTC$/,
  ],
  [
    "is being asked again",
    offer({ seen: seen({ refusal: refusal({ until: NOW }) }), asking: true }),
    /^over quota \(see: nodepool manual quota\); trying again now$/,
  ],
  ["is paused", offer({ pause }), /^paused until 03:05:05 UTC after a failed launch: no login$/],
  [
    "launches one at a time",
    offer({ pause: { ...pause, failures: 3, until: NOW }, building: 1 }),
    /^one launch at a time after 3 failed/,
  ],
  [
    "has no such image configured",
    offer({}, { label: label({ image: "other" }) }),
    /^the provider has no image other$/,
  ],
  [
    "has an image that is still to be uploaded",
    offer({}, { provider: provider({ images: [image({ baseImage: null, diskimage: "noble" })] }) }),
    /^no ready image noble: see image-list$/,
  ],
  [
    "has an image whose uploads fail",
    offer({ order: failing("cloud-a") }, {
      provider: provider({ name: "cloud-a", images: [image({ baseImage: null, diskimage: "noble" })] }),
    }),
    /^no ready image noble: the last attempt failed: no room$/,
  ],
  [
    "has an image whose builds fail",
    offer({ order: failing(null) }, {
      provider: provider({ images: [image({ baseImage: null, diskimage: "noble" })] }),
    }),
    /^no ready image noble: the last attempt failed: no room$/,
  ],
  [
    "lacks the image",
    offer({ seen: seen({ catalog: catalog({ images: new Map([["noble", null]]) }) }) }),
    /^the cloud has no ready image noble; see: nodepool manual missing-image$/,
  ],
  [
    "lacks the flavor",
    offer({ seen: seen({ catalog: catalog({ flavors: [] }) }) }),
    /^no flavor with at least 2048 MiB of RAM; see: nodepool manual missing-flavor$/,
  ],
  [
    "lacks the network",
    offer({}, { provider: provider({ networks: [{ name: "dmz", id: null, label: null, public: true }] }) }),
    /^the cloud has no network dmz$/,
  ],
];

for (const [situation, found, reason] of refused) {
  Deno.test(`a provider that ${situation} offers nothing, and says so`, () => {
    assert.ok(typeof found === "string");
    assert.match(found, reason);
  });
}

Deno.test("after a refusal or a pause one launch goes ahead", () => {
  assert.ok(typeof offer({ seen: seen({ refusal: refusal({ until: NOW }) }) }) !== "string");
  assert.ok(typeof offer({ pause: { ...pause, failures: 3, until: NOW } }) !== "string");
});

Deno.test("a few failures below launch-retries do not slow others down once their pause is over", () => {
  assert.ok(typeof offer({ pause: { ...pause, failures: 2, until: NOW }, building: 5 }) !== "string");
});

Deno.test("an image that is made here is booted from the newest that is ready", () => {
  const made = provider({ images: [image({ baseImage: null, diskimage: "noble" })] });
  const found = offer({ current: (cloud, name) => ({ externalId: `${name} on ${cloud}` }) }, {
    provider: made,
  });
  assert.ok(typeof found !== "string");
  assert.equal(found.imageId, "noble on cloud-a");
});

Deno.test("nothing is launched on a provider that has not been listed completely, or has no catalog yet", () => {
  const expected = "not fully listed yet";
  assert.equal(offer({ seen: seen({ inventory: inventory([]) }) }), expected);
  assert.equal(offer({ seen: seen({ catalog: catalog({ flavors: null }) }) }), expected);
});

Deno.test("an image that is not active is waited for, by its status", () => {
  const images = new Map([["noble", sampleCloudImage({ status: "deactivated" })]]);
  assert.equal(
    offer({ seen: seen({ catalog: catalog({ images }) }) }),
    "the image noble is deactivated on the cloud; waiting until it is active",
  );
});

Deno.test("an image that was made here needs what the cloud says that it needs", () => {
  const made = provider({ images: [image({ baseImage: "noble", setup: "prepare.sh" })] });
  const large = { ...small, id: "f2", name: "m1.large", diskGib: 80 };
  const flavors = [small, large];
  const needs = (minDiskGib: number) => {
    const value = [sampleCloudImage({ id: "i9", minDiskGib })];
    const images = { takenAt: NOW, value, gone: new Set<string>(), before: null } as never;
    const found = offer({
      seen: seen({ catalog: catalog({ flavors }), images }),
      current: () => ({ externalId: "i9" }),
    }, {
      provider: made,
    });
    return typeof found === "string" ? found : found.flavor.name;
  };
  assert.deepEqual([needs(20), needs(80)], ["m1.small", "m1.large"]);
  assert.match(needs(81), /needs 81 GiB of disk/);
});
