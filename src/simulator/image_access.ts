/** Which image a request is about, and whether it may do to it what it asks for. */
import type { Exchange } from "./exchange.ts";
import { notAuthorized } from "./image_fields.ts";
import { found } from "./answer.ts";
import type { SimulatedImage } from "./simulated_image.ts";

/** The image of the path. */
export function namedImage(exchange: Exchange): SimulatedImage {
  const id = exchange.param("imageId");
  return exchange.image = found(exchange.cloud.images.get(id), `No image found with ID ${id}`);
}

/**
 * The image of the path, where it is the project's own.
 * @param action Glance's name for what is asked for, as its policies have it
 */
export function ownImage(exchange: Exchange, action: string): SimulatedImage {
  const image = namedImage(exchange);
  if (image.owner !== exchange.cloud.stock.projectId) throw notAuthorized(action);
  return image;
}
