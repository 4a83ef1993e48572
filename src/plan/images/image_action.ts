/** The actions that a plan of images asks for: one attempt each, by the file of that name in `src/execute/images`. */
import type { DefectSubject } from "../../domain/defect.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import type { WaitingOn } from "../../domain/node.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";

export type DibAction =
  | { readonly type: "build-image"; readonly dibImage: DibImage }
  | { readonly type: "remove-files"; readonly dibImage: DibImage };

export type ProviderImageAction =
  /** Ask for the image; it has never been asked for, or was refused. */
  | { readonly type: "create-image"; readonly image: ProviderImage }
  | {
    readonly type: "upload-image";
    readonly image: ProviderImage;
    readonly externalId: string;
    readonly dibImage: DibImage;
  }
  | { readonly type: "create-keypair"; readonly image: ProviderImage }
  | { readonly type: "delete-keypair"; readonly image: ProviderImage; readonly keypair: string }
  | { readonly type: "run-setup"; readonly image: ProviderImage; readonly nodeId: number }
  | { readonly type: "create-snapshot"; readonly image: ProviderImage; readonly nodeId: number }
  | { readonly type: "run-check"; readonly image: ProviderImage; readonly nodeId: number }
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
  switch (action.type) {
    case "build-image":
      return { reason: "worker", message: "a free build worker" };
    case "remove-files":
      return { reason: "delete", message: `removing the files ${action.dibImage.path}.*` };
    case "create-image":
      return { reason: "answer", message: `asking ${action.image.provider} for the image` };
    case "upload-image":
      return { reason: "worker", message: "a free upload worker" };
    case "create-keypair":
      return { reason: "answer", message: `asking ${action.image.provider} for a keypair` };
    case "delete-keypair":
      return { reason: "delete", message: `asking ${action.image.provider} to delete its keypair` };
    case "run-setup":
      return { reason: "setup", message: "about to run the setup script" };
    case "create-snapshot":
      return { reason: "answer", message: `asking ${action.image.provider} for the snapshot` };
    case "run-check":
      return { reason: "check", message: "about to run the check-script" };
    case "delete-image":
      return {
        reason: "delete",
        message: `asking ${action.image.provider} to delete image ${action.externalId}`,
      };
  }
}
