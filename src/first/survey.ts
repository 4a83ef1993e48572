/** All that a cloud offers to a first configuration, asked for at once. It only reads. */
import type { Cloud } from "../cloud/cloud.ts";
import { CloudError } from "../domain/cloud_error.ts";
import type { Call } from "../lib/call.ts";

/** A part is null where the cloud does not tell it; `routed`: ids of the networks that a router leads from. */
export type CloudOffer = Awaited<ReturnType<typeof surveyCloud>>;

/** @throws CloudError where it lets nobody in, or tells neither images nor flavors */
export async function surveyCloud(cloud: Cloud, call: Call) {
  await cloud.logIn(call);
  const [images, flavors, networks, routed, keypairs, quota, networkQuota] = await Promise.all([
    cloud.listImages(call),
    cloud.listFlavors(call),
    ifTold(cloud.listNetworks(call)),
    ifTold(cloud.listRoutedNetworks(call)),
    ifTold(cloud.listKeypairs(call)),
    ifTold(cloud.getQuota(call)),
    ifTold(cloud.getNetworkQuota(call)),
  ]);
  return { images, flavors, networks, routed, keypairs, quota, networkQuota };
}

async function ifTold<Value>(answer: Promise<Value>): Promise<Value | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CloudError) return null;
    throw error;
  }
}
