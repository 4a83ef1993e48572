/** The kinds of requests that take turns at one cloud. */
export type Turn = "login" | "list" | "create" | "delete" | "look" | "other";
