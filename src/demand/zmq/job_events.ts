/**
 * The job events of a Jenkins publisher. Any other message is logged and skipped; a publisher that cannot be reached is
 * tried again for ever. The composition root makes one for each.
 */
import { loggerOf } from "../../lib/logging.ts";
import type { Link } from "../link.ts";
import type { Message } from "./conversation.ts";
import { type JobEvent, parseJobEvent } from "./job_event.ts";
import { createZmqSubscriber, type SubscriberOptions } from "./subscriber.ts";

interface JobEventsOptions extends Omit<SubscriberOptions, "onMessage"> {
  /** Called with each event, in their order. */
  readonly onEvent: (event: JobEvent) => void;
}

const log = loggerOf("zmq");

/** Begins to connect at once. @throws Error for an endpoint of another form */
export function listenToJobEvents({ onEvent, ...options }: JobEventsOptions): Link {
  return createZmqSubscriber({
    ...options,
    onMessage(message) {
      const text = textOf(message);
      const event = parseJobEvent(text);
      if (event !== null) return onEvent(event);
      const warning = "ignoring a message from {endpoint} that is not a job event: {text}";
      log.warning(warning, { endpoint: options.endpoint, text: headOf(text) });
    },
  });
}

/** Topic and event may be in one frame or in two. */
function textOf(message: Message): string {
  return message.map((frame) => new TextDecoder().decode(frame)).join(" ");
}

/** So much of a strange message is enough to find out whose it is. */
const MAX_HEAD = 200;

function headOf(text: string): string {
  return text.length <= MAX_HEAD ? text : `${text.slice(0, MAX_HEAD)}…`;
}
