/** The kinds of requests that take turns at one cloud. */
export type RequestTurn = "login" | "list" | "create" | "delete" | "look" | "other";
