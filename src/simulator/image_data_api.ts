/** The data of an image: uploads, read piece by piece and never held whole; and downloads of what was kept. */
import type { Strikes } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer } from "./answer.ts";
import type { Breakage, Exchange } from "./exchange.ts";
import { namedImage, ownImage } from "./image_access.ts";
import { ImageIntake, MAX_CONTENT } from "./image_intake.ts";
import { imageStatusAt, shownDataAt, type SimulatedImage } from "./simulated_image.ts";

/** `PUT /v2/images/ID/file`. */
export async function takeUpload(exchange: Exchange, strikes: Strikes): Promise<ApiAnswer | Breakage> {
  const image = ownImage(exchange, "upload_image");
  checkUpload(exchange, image);
  const { images } = exchange.cloud;
  const intake = new ImageIntake(images.room);
  images.beginUpload(image);
  const whole = await receive(exchange, { intake, end: cutAfter(exchange, strikes) });
  if (!whole) {
    intake.drop();
    images.failUpload(image);
    return "reset";
  }
  checkStillThere(exchange, { image, intake });
  images.finishUpload(image, intake.finish());
  for (const { strike, blow } of strikes("saving")) strike(blow, image);
  return emptyAnswer(204);
}

function checkUpload(exchange: Exchange, image: SimulatedImage): void {
  const type = exchange.header("content-type")?.split(";")[0]?.trim();
  if (type !== "application/octet-stream") {
    throw new ApiRefusal(415, `Invalid content type ${type ?? ""}`);
  }
  const status = imageStatusAt(image, exchange.now);
  if (status !== "queued" || image.data !== null) {
    throw new ApiRefusal(409, `Image status transition from ${status} to saving is not allowed`);
  }
  const missing = (["disk_format", "container_format"] as const).filter((key) => image.fields[key] === null);
  if (missing.length > 0) {
    const what = missing.length === 1 ? `Property ${missing[0]}` : `Properties ${missing.join(", ")}`;
    throw new ApiRefusal(400, `${what} must be set prior to saving data.`);
  }
}

/** After how many bytes a fault cuts it; null: none does. */
function cutAfter(exchange: Exchange, strikes: Strikes): number | null {
  const length = exchange.header("content-length");
  const announced = length === null ? null : Number(length);
  let end: number | null = null;
  for (const { strike, blow } of strikes("cut")) end = Math.min(end ?? Infinity, strike(blow, announced));
  return end;
}

/** Takes in the body; whether all of it came, which it never does where it is to be cut. */
async function receive(
  exchange: Exchange,
  { intake, end }: { intake: ImageIntake; end: number | null },
): Promise<boolean> {
  try {
    for await (const chunk of exchange.chunks()) {
      intake.add(chunk);
      if (end !== null && intake.size >= end) return false;
    }
    return end === null;
  } catch {
    // The client went away.
    return false;
  }
}

function checkStillThere(
  { cloud }: Exchange,
  { image, intake }: { image: SimulatedImage; intake: ImageIntake },
): void {
  if (cloud.images.get(image.id) === image) return;
  intake.drop();
  const why = "The image may have been deleted during the upload, cleaning up the chunks uploaded.";
  throw new ApiRefusal(410, `Image ${image.id} could not be found after upload. ${why}`);
}

/** `GET /v2/images/ID/file`. */
export function downloadImage(exchange: Exchange): ApiAnswer {
  const image = namedImage(exchange);
  if (image.deactivated) {
    throw new ApiRefusal(403, "The requested image has been deactivated. Image data download is forbidden.");
  }
  const data = shownDataAt(image, exchange.now);
  if (data === null) return emptyAnswer(204);
  if (data.content === null) {
    const most = `of up to ${MAX_CONTENT / 2 ** 20} MiB, as long as there is room`;
    throw new ApiRefusal(
      410,
      `The simulator has no data of image ${image.id}: it keeps that of uploads ${most}.`,
    );
  }
  const headers = { "content-type": "application/octet-stream", "content-md5": data.md5 };
  return { status: 200, headers, body: data.content };
}
