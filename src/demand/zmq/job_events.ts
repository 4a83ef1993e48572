/**
 * The job events of all Jenkins publishers. Any other message is logged and skipped; a publisher that cannot be
 * reached is tried again for ever. The composition root makes one.
 */
import type { LinkState } from "../../domain/link_state.ts";
import type { LinkDeps } from "../link.ts";
import { loggerOf } from "../../lib/logging.ts";
import type { Dial } from "../wire.ts";
import type { Message } from "./conversation.ts";
import { parseEndpoint } from "./endpoint.ts";
import { type JobEvent, parseJobEvent } from "./job_event.ts";
import { createZmqSubscriber } from "./subscriber.ts";

export interface PublisherState {
  /** `tcp://HOST:PORT`. */
  readonly endpoint: string;
  readonly state: LinkState;
}

interface JobEventsOptions extends Omit<LinkDeps, "dial"> {
  /** Each `tcp://HOST:PORT`. */
  readonly endpoints: readonly string[];
  /** Called with each event, those of one publisher in their order. */
  readonly onEvent: (event: JobEvent) => void;
  /** Called with each new state of a publisher. */
  readonly onState?: (publisher: PublisherState) => void;
  readonly dial?: Dial;
}

export interface JobEvents extends AsyncDisposable {
  /** How the publishers stand, in the order given. */
  readonly publishers: readonly PublisherState[];
}

const log = loggerOf("zmq");

/** Begins to connect to all publishers at once. @throws Error for an endpoint of another form */
export function listenToJobEvents(
  { endpoints, onEvent, onState = () => {}, ...deps }: JobEventsOptions,
): JobEvents {
  endpoints.forEach(parseEndpoint);
  const subscribers = endpoints.map((endpoint) =>
    createZmqSubscriber({
      ...deps,
      endpoint,
      onMessage: (message) => {
        const text = textOf(message);
        const event = parseJobEvent(text);
        if (event !== null) onEvent(event);
        else {log.warning("ignoring a message from {endpoint} that is not a job event: {text}", {
            endpoint,
            text: headOf(text),
          });}
      },
      onState: (state) => onState({ endpoint, state }),
    })
  );
  return {
    get publishers() {
      return subscribers.map(({ endpoint, state }) => ({ endpoint, state }));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(subscribers.map((subscriber) => subscriber[Symbol.asyncDispose]()));
    },
  };
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
