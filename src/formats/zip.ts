// Zip archives of strangers, read within bounds (APPNOTE.TXT 6.3, PKWARE): the central directory first, so
// that everything is refused that would unpack to more than is allowed, or whose entries overlap; then
// each wanted entry, inflated piece by piece to the size that the directory states and no further.

import { Inflate } from 'fflate';

/** Why an archive is refused. `reason` is a full sentence without a subject's file name. */
export class ZipError extends Error {
  readonly code: 'corrupt' | 'too-large' | 'unsupported';

  constructor(code: ZipError['code'], reason: string) {
    super(reason);
    this.name = 'ZipError';
    this.code = code;
  }
}

export interface ZipLimits {
  /** Most entries, wanted or not. */
  readonly entries: number;
  /** Most bytes of all wanted entries together, packed or unpacked. */
  readonly bytes: number;
  /** Selects the entries to unpack; all by default. */
  readonly wanted?: (name: string) => boolean;
}

interface Entry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Offset of the entry's local header. */
  readonly offset: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
const LOCATOR_64 = 0x07064b50;
const END_64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
/** A field of 32 bits that says: see the one of 64 bits. */
const SEE_64 = 0xffffffff;
/** Deflate makes at most 1,032 bytes of one, so a piece makes at most 4 MB more than was stated. */
const PIECE_BYTES = 4096;

const corrupt = (reason: string): ZipError => new ZipError('corrupt', reason);

/**
 * The wanted entries of an archive, by name.
 * @throws ZipError
 */
export function unzipWithin(
  bytes: Uint8Array,
  limits: ZipLimits,
): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const { from, entries: all } = directory(bytes, limits.entries);
  const wanted = all.filter(({ name }) => limits.wanted?.(name) ?? true);
  const total = wanted.reduce((sum, one) => sum + Math.max(one.bytes, one.packedBytes), 0);
  if (!(total <= limits.bytes)) {
    throw new ZipError('too-large', `It unpacks to ${total} bytes, more than ${limits.bytes}.`);
  }
  const starts = dataStarts(bytes, all, from);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const entry of wanted) {
    if (files.has(entry.name)) throw corrupt(`It has two entries "${shown(entry.name)}".`);
    const start = starts.get(entry)!;
    files.set(entry.name, unpack(entry, bytes.subarray(start, start + entry.packedBytes)));
  }
  return files;
}

const shown = (name: string): string => name.slice(0, 100);

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** All entries as the central directory lists them, and where it begins. */
function directory(
  bytes: Uint8Array,
  most: number,
): { readonly entries: readonly Entry[]; readonly from: number } {
  const view = viewOf(bytes);
  const { count, from } = directoryPlace(view);
  if (count > most) throw new ZipError('too-large', `It has ${count} entries, more than ${most}.`);
  const entries: Entry[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL) {
      throw corrupt('Its list of entries is damaged.');
    }
    const nameAt = at + CENTRAL_BYTES;
    const extraAt = nameAt + view.getUint16(at + 28, true);
    const next = extraAt + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > bytes.length) throw corrupt('Its list of entries is damaged.');
    const name = new TextDecoder().decode(bytes.subarray(nameAt, extraAt));
    if ((view.getUint16(at + 8, true) & 1) !== 0) {
      throw new ZipError('unsupported', `Its entry "${shown(name)}" is encrypted.`);
    }
    const sizes = {
      bytes: view.getUint32(at + 24, true),
      packedBytes: view.getUint32(at + 20, true),
      offset: view.getUint32(at + 42, true),
    };
    const extra = { from: extraAt, to: extraAt + view.getUint16(at + 30, true) };
    entries.push({ name, method: view.getUint16(at + 10, true), ...with64(view, sizes, extra) });
    at = next;
  }
  return { entries, from };
}

/** Number of entries and where their list begins, from the record at the end of the file. */
function directoryPlace(view: DataView): { readonly count: number; readonly from: number } {
  const last = view.byteLength - END_BYTES;
  let at = last;
  while (at >= 0 && at >= last - MAX_COMMENT && view.getUint32(at, true) !== END) at--;
  if (at < 0 || at < last - MAX_COMMENT) throw corrupt("The file isn't a zip or is damaged.");
  const count = view.getUint16(at + 10, true);
  const from = view.getUint32(at + 16, true);
  const locator = at - 20;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64) return { count, from };
  const record = big(view, locator + 8);
  if (record + 56 > view.byteLength || view.getUint32(record, true) !== END_64) {
    throw corrupt('Its end is damaged.');
  }
  return { count: big(view, record + 32), from: big(view, record + 48) };
}

/** A number of 64 bits; one beyond 2^53 becomes too large for any file. */
const big = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Sizes of 64 bits, where those of 32 bits say so: in the extra field 0x0001, in this order. */
function with64(
  view: DataView,
  sizes: Pick<Entry, 'bytes' | 'packedBytes' | 'offset'>,
  extra: { readonly from: number; readonly to: number },
): Pick<Entry, 'bytes' | 'packedBytes' | 'offset'> {
  if (Object.values(sizes).every((size) => size !== SEE_64)) return sizes;
  for (let at = extra.from; at + 4 <= extra.to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    const end = Math.min(next + view.getUint16(at + 2, true), extra.to);
    const read = (size: number): number => {
      if (size !== SEE_64) return size;
      if (next + 8 > end) throw corrupt('Its list of entries is damaged.');
      next += 8;
      return big(view, next - 8);
    };
    const { bytes, packedBytes, offset } = sizes;
    return { bytes: read(bytes), packedBytes: read(packedBytes), offset: read(offset) };
  }
  return sizes;
}

/**
 * Where the data of each entry begins.
 * @param end where the list of entries begins
 * @throws ZipError where entries overlap each other or their list.
 */
function dataStarts(
  bytes: Uint8Array,
  entries: readonly Entry[],
  end: number,
): ReadonlyMap<Entry, number> {
  const view = viewOf(bytes);
  const starts = new Map<Entry, number>();
  let free = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    const { offset, name, packedBytes } = entry;
    if (offset < free) throw corrupt(`Its entry "${shown(name)}" overlaps another one.`);
    if (!(offset + LOCAL_BYTES <= bytes.length) || view.getUint32(offset, true) !== LOCAL) {
      throw corrupt(`Its entry "${shown(name)}" is not where the list says.`);
    }
    const start =
      offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    free = start + packedBytes;
    if (!(free <= bytes.length)) throw corrupt(`It ends inside its entry "${shown(name)}".`);
    if (free > end) throw corrupt(`Its entry "${shown(name)}" overlaps the list of entries.`);
    starts.set(entry, start);
  }
  return starts;
}

function unpack({ name, method, bytes }: Entry, packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const wrongSize = (): ZipError =>
    corrupt(`Its entry "${shown(name)}" does not have the ${bytes} bytes that the list states.`);
  if (method === 0) {
    if (packed.length !== bytes) throw wrongSize();
    // Not slice(): of Node's Buffer that is a view.
    return new Uint8Array(packed);
  }
  if (method !== 8) {
    throw new ZipError('unsupported', `Its entry "${shown(name)}" is packed in an unknown way.`);
  }
  const out = new Uint8Array(bytes);
  let filled = 0;
  const inflate = new Inflate((piece) => {
    if (filled + piece.length > bytes) throw wrongSize();
    out.set(piece, filled);
    filled += piece.length;
  });
  try {
    for (let at = 0; at < packed.length; at += PIECE_BYTES) {
      inflate.push(packed.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= packed.length);
    }
  } catch (error) {
    if (error instanceof ZipError) throw error;
    throw corrupt(`Its entry "${shown(name)}" is damaged.`);
  }
  if (filled !== bytes) throw wrongSize();
  return out;
}
