/** The kinds of refusals that a cloud gives; planners decide by them, `classifyResponse` finds them. */
export type CloudErrorKind =
  /** A service's own 404: the thing is not there. Without a status: the service is not in the cloud's catalog. */
  | "notFound"
  /** 403 or 413 over quota: wait until there is room. */
  | "quota"
  /** No valid host, floating IP pool empty: the cloud is full, not our share of it. */
  | "capacity"
  /** 429, or 413 with Retry-After: slow down. */
  | "rateLimited"
  /** 401 after one renewal, 402, 403 that is no quota. */
  | "unauthorized"
  /** 409: in use, or in a state that does not allow it. */
  | "conflict"
  /** 400 and other refusals of what we asked for: asking again does not help. */
  | "badRequest"
  /** 5xx, connection refused or reset, TLS, DNS; what the service did not send: a success whose body is no JSON, a gateway's 404. */
  | "unavailable"
  /** No answer in time. */
  | "timeout"
  /** JSON or a status that is not what the API documents. */
  | "badResponse";
