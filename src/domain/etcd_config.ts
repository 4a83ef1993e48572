/** How the etcd that holds the state of a pool is reached. Made from the keys `state` and `etcd`. */
export interface EtcdConfig {
  /** `https://HOST:PORT` of each member. */
  readonly endpoints: readonly string[];
  /** The last part of the address. Its keys are those below `/nodepool/POOL/`. */
  readonly pool: string;
  /** Paths of PEM files; null: what the system trusts, and no certificate of our own. */
  readonly caCert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** null: etcd asks for none. */
  readonly user: string | null;
  readonly password: string | null;
  /** Where this machine's control operations are answered, and under which address other machines reach them. */
  readonly control: {
    /** null: on all addresses, reached by this machine's host name. */
    readonly hostname: string | null;
    /** 0: any free one. */
    readonly port: number;
  };
}
