/** The actions that a plan of images asks for: one attempt each, by the file of that name in `src/execute/images`. */
import type { DefectSubject } from "../../domain/defect.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import type { WaitingOn } from "../../domain/node.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";

export type DibAction =
  | { readonly type: "build-image"; readonly dibImage: DibImage }
  | { readonly type: "remove-files"; readonly dibImage: DibImage };

export type ProviderImageAction =
  | { readonly type: "create-image" | "create-keypair"; readonly image: ProviderImage }
  | {
    readonly type: "upload-image";
    readonly image: ProviderImage;
    readonly externalId: string;
    readonly dibImage: DibImage;
  }
  | { readonly type: "delete-keypair"; readonly image: ProviderImage; readonly keypair: string }
  | {
    readonly type: "run-setup" | "create-snapshot" | "run-check";
    readonly image: ProviderImage;
    readonly nodeId: number;
  }
  | { readonly type: "delete-image"; readonly image: ProviderImage; readonly externalId: string };

export type ImageAction = DibAction | ProviderImageAction;

export type ImageActionType = ImageAction["type"];

/** The image that it is for. */
export function imageSubject(action: ImageAction): DefectSubject {
  return "image" in action
    ? { kind: "image", id: action.image.id }
    : { kind: "dib image", id: action.dibImage.id };
}

/** Names a piece of work: the same key is never done twice at once. */
export function imageActionKey(action: ImageAction): string {
  return imageKey(action.type, imageSubject(action).id);
}

export function imageKey(type: ImageActionType, id: number | string): string {
  return `${type} ${id}`;
}

/** The reason that an image waits for while the action is carried out, or waits for its turn. */
export function describeImageAction(action: ImageAction): Omit<WaitingOn, "since"> {
  const of = (reason: WaitingOn["reason"], message: string) => ({ reason, message });
  if (action.type === "build-image") return of("worker", "a free build worker");
  if (action.type === "remove-files") return of("delete", `removing the files ${action.dibImage.path}.*`);
  const asking = `asking ${action.image.provider}`;
  switch (action.type) {
    case "upload-image":
      return of("worker", "a free upload worker");
    case "run-setup":
      return of("setup", "about to run the setup script");
    case "run-check":
      return of("check", "about to run the check-script");
    case "create-image":
      return of("answer", `${asking} for the image`);
    case "create-keypair":
      return of("answer", `${asking} for a keypair`);
    case "create-snapshot":
      return of("answer", `${asking} for the snapshot`);
    case "delete-keypair":
      return of("delete", `${asking} to delete its keypair`);
    case "delete-image":
      return of("delete", `${asking} to delete image ${action.externalId}`);
  }
}
