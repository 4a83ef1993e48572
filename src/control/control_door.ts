/**
 * Where other machines ask the control operations of this one's daemon: over HTTPS, with a certificate made for this
 * process and a token, both of which are in etcd. Anyone who can read them there can give commands; anybody else is
 * refused before any part of a request is examined. The daemon of a pool in etcd opens it before it leads, and says
 * who answers.
 */
import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type HttpHandler, HttpServer } from "../lib/http/http_server.ts";
import { makeOwnCertificate } from "../lib/own_certificate.ts";
import { DOOR_NAME } from "./leader_wire.ts";
import { ControlSocketError } from "./socket_path.ts";
import { bracketed } from "../domain/bracketed.ts";

interface ControlDoorOptions {
  /** `etcd.control` of the configuration. */
  readonly control: EtcdConfig["control"];
  readonly host: string;
  /** At once. */
  readonly connections?: number;
  readonly clock?: Clock;
}

export type ControlDoor = ReturnType<typeof openControlDoor>;

/** @throws ControlSocketError where it cannot listen */
export function openControlDoor(
  { control: { hostname, port }, host, connections, clock = systemClock }: ControlDoorOptions,
) {
  const { certificate: cert, key } = makeOwnCertificate(DOOR_NAME);
  const token = randomBytes(32).toString("base64url");
  const listener = listen(hostname, { port, cert, key });
  const isAllowed = tokenCheck(token);
  let handler: HttpHandler = () =>
    Response.json({ error: "the daemon is starting", status: 503 }, { status: 503 });
  const server = new HttpServer((request) => handler(request), {
    limits: connections === undefined ? {} : { connections },
    clock,
    refuse: (headers) =>
      isAllowed(headers)
        ? null
        : Response.json({ error: "the token is missing or wrong", status: 401 }, { status: 401 }),
  });
  server.listen(listener);
  return {
    /** How others reach it. */
    control: {
      url: `https://${bracketed(hostname ?? host)}:${listener.addr.port}`,
      certificate: cert,
      token,
    },
    get connections() {
      return server.counts;
    },
    /** From now on, this answers those who may ask; before, they hear 503. */
    serve(next: HttpHandler) {
      handler = next;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** @param hostname null: on all addresses, of both kinds where the machine has both */
function listen(
  hostname: string | null,
  options: Readonly<Record<"cert" | "key", string>> & { readonly port: number },
): Deno.TlsListener {
  try {
    return Deno.listenTls({ ...options, hostname: hostname ?? "::" });
  } catch (cause) {
    const isWithoutIpv6 = hostname === null && !(cause instanceof Deno.errors.AddrInUse);
    if (isWithoutIpv6) return listen("0.0.0.0", options);
    const place = hostname === null ? `port ${options.port}` : `${bracketed(hostname)}:${options.port}`;
    throw new ControlSocketError(
      `cannot listen for commands of other machines on ${place}: set \`etcd.control\` to a free port, or to an ` +
        "address of this machine and one",
      { cause },
    );
  }
}

/** Tells nothing by the time that it takes. */
function tokenCheck(token: string): (headers: { readonly authorization?: string }) => boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = digest(`Bearer ${token}`);
  return ({ authorization = "" }) => timingSafeEqual(Buffer.from(digest(authorization)), wanted);
}
