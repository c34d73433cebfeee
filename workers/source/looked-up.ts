// The small files that a look-up has read from a server, kept in memory until a load takes them, so that a large
// tokenizer.json is fetched once and not twice. Only a file whose version is known is kept: its bytes cannot
// be those of another version.

/** The largest tokenizers have 35 MB. The oldest file leaves when there is no room for a new one. */
const MOST_BYTES = 96 << 20;

export class LookedUpFiles {
  readonly #files = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param version its address with the commit, its hash or its validator: another text for other bytes */
  keep(version: string, data: Uint8Array): void {
    this.drop(version);
    if (data.length > MOST_BYTES) return;
    this.#files.set(version, data);
    this.#bytes += data.length;
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= MOST_BYTES) break;
      this.drop(oldest);
    }
  }

  get(version: string): Uint8Array | null {
    return this.#files.get(version) ?? null;
  }

  /** Once it is stored. */
  drop(version: string): void {
    this.#bytes -= this.#files.get(version)?.length ?? 0;
    this.#files.delete(version);
  }
}
