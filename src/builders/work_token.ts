/**
 * The name of a piece of work that a builder does, from the record that it is done for: the same for every leader, and
 * another for every attempt.
 */
import type { DibImage } from "../domain/dib_image.ts";
import type { ProviderImage } from "../domain/provider_image.ts";

export function buildToken({ id, state }: DibImage): string {
  return tokenOf("build", id, state);
}

export function uploadToken({ id, state }: ProviderImage): string {
  return tokenOf("upload", id, state);
}

function tokenOf(type: string, id: number, state: object): string {
  return `${type} ${id} ${"startedAt" in state ? state.startedAt : null}`;
}
