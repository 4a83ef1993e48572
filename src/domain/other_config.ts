/** A configuration that is not in force, by the text of its files: the one that `plan` is asked about. */
export interface OtherConfig {
  readonly file: GivenFile;
  /** null: the secrets file of the one in force. */
  readonly secure: GivenFile | null;
  /** It is the file that the pool itself goes by: without a daemon there is nothing to compare it with. */
  readonly isOwn: boolean;
}

interface GivenFile {
  /** As messages name it. */
  readonly path: string;
  readonly text: string;
}
