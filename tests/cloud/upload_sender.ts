/**
 * Uploads a sparse file of so many bytes to the Glance at the address, and prints what that took, as JSON: a program
 * of its own, so that nothing but the upload is in its memory. `deno run -A upload_sender.ts URL BYTES`
 */
import { createOpenStackCloud } from "../../src/cloud/openstack/openstack_cloud.ts";
import { createUndiciSend } from "../../src/http/undici_send.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { ACCESS, isLogin, tokenReply, toResponse } from "./scripted_cloud.ts";

const [url, bytes] = [Deno.args[0]!, Number(Deno.args[1])];

const folder = await Deno.makeTempDir();
const path = `${folder}/image.raw`;
await Deno.writeFile(path, new Uint8Array());
await Deno.truncate(path, bytes);

await using undici = createUndiciSend({ ...ACCESS, connections: 1 });
await using cloud = createOpenStackCloud({
  name: "loopback",
  access: { ...ACCESS, endpointOverrides: { image: `${url}/v2` } },
  send: (request, options) =>
    isLogin(request) ? Promise.resolve(toResponse(tokenReply(1))) : undici(request, options),
  clock: systemClock,
  random: systemRandom,
  apiTimeout: MINUTE,
  rate: 0,
});

const before = Deno.memoryUsage().rss;
let peak = before;
const look = () => peak = Math.max(peak, Deno.memoryUsage().rss);
const timer = setInterval(look, 10);
const startedAt = performance.now();
let sent = 0;
const data = {
  size: bytes,
  open: () => Deno.openSync(path).readable,
  onProgress: (count: number) => {
    sent = count;
    look();
  },
};
await cloud.uploadImage("i1", data, { signal: new AbortController().signal });
const seconds = (performance.now() - startedAt) / 1_000;
clearInterval(timer);
await Deno.remove(folder, { recursive: true });
console.log(JSON.stringify({ sent, seconds, before, peak }));
