/**
 * A ZeroMQ SUB socket that is subscribed to everything of one publisher over TCP, and connects again by itself. What is
 * published while it is not connected is lost, as ZeroMQ has it.
 */
import type { LinkState } from "../../domain/link_state.ts";
import { bulkhead } from "../../lib/bulkhead.ts";
import { Link, type LinkDeps } from "../link.ts";
import { dialTcp } from "../tcp_wire.ts";
import type { Address, Dial } from "../wire.ts";
import { type Message, SubscriberConversation } from "./conversation.ts";

export interface SubscriberOptions extends Omit<LinkDeps, "dial"> {
  /** `tcp://HOST:PORT`. */
  readonly endpoint: string;
  /** Called with each message, in their order. */
  readonly onMessage: (message: Message) => void;
  /** Called with each new state. */
  readonly onState?: (state: LinkState) => void;
  readonly dial?: Dial;
}

/** Begins to connect at once. @throws Error for an endpoint of another form */
export function createZmqSubscriber(
  { endpoint, onMessage, onState = () => {}, dial = dialTcp, clock, random }: SubscriberOptions,
): Link {
  return new Link({
    address: parseEndpoint(endpoint),
    dial,
    clock,
    random,
    onState,
    converse: (peer) =>
      new SubscriberConversation(peer, {
        clock,
        onMessage: (message) => bulkhead("a listener for a publisher's messages", () => onMessage(message)),
      }),
  });
}

/** `tcp://HOST:PORT`, as libzmq writes it. @throws Error for what is no such endpoint */
export function parseEndpoint(endpoint: string): Address {
  const [, ipv6, name, port] = endpoint.match(/^tcp:\/\/(?:\[([^\]\s]+)\]|([^\s:/[\]]+)):(\d{1,5})$/) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(`cannot subscribe at ${endpoint}: give tcp://HOST:PORT`);
  }
  return { host, port: Number(port) };
}
