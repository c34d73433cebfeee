// How much the page would have to take over from a file that was read: a small file can hold very much (a zip of
// repeated lines), and the page has to copy and keep what it is given. Bounded before it is handed over.

/** Numbers, texts, lists and objects. The largest published set of answers, 100,000 rows, has 800,000. */
const MAX_PARTS = 2_000_000;
const MAX_BYTES = 512 << 20;

export interface ContentSize {
  /** What is transferred instead of copied. */
  readonly buffers: readonly ArrayBuffer[];
  /** Whether it is more than the page takes over. */
  readonly tooMuch: boolean;
}

/** Walks plain data of any depth; stops at once where it is too much. */
export function contentSize(
  content: unknown,
  { parts: mostParts, bytes: mostBytes } = { parts: MAX_PARTS, bytes: MAX_BYTES },
): ContentSize {
  const buffers = new Set<ArrayBuffer>();
  const open: unknown[] = [content];
  let parts = 0;
  let bytes = 0;
  while (open.length > 0) {
    const value = open.pop();
    parts += 1;
    if (typeof value === 'string') bytes += 2 * value.length;
    else if (ArrayBuffer.isView(value)) {
      const { buffer } = value;
      if (buffer instanceof ArrayBuffer && !buffers.has(buffer)) {
        buffers.add(buffer);
        bytes += buffer.byteLength;
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value) as unknown[]) open.push(part);
    }
    if (parts + open.length > mostParts || bytes > mostBytes) return { buffers: [], tooMuch: true };
  }
  return { buffers: [...buffers], tooMuch: false };
}
