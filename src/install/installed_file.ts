/** A file that belongs to an installation besides the program. */
export interface InstalledFile {
  /** Below the prefix, such as `/usr/local`. */
  readonly path: string;
  readonly text: string;
}
