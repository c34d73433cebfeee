// The files that transformers reads besides tokenizer.json: which tokens are special and their roles
// (tokenizer_config.json, special_tokens_map.json), and tokens that only those files list. Tokens missing
// from tokenizer.json are added in the order of transformers 5.

import * as v from 'valibot';
import { checkShape, parseJson } from './json';
import type { AddedToken, AddedTokens } from './tokenizer-json/added-tokens';
import { addedToken, AddedTokenFile } from './tokenizer-json/pipeline';
import { Unsupported } from './tokenizer-json/step';

/** The files, text or parsed; what is not there is left out. */
export interface SpecialTokenFiles {
  readonly tokenizerConfig: unknown;
  readonly specialTokensMap?: unknown;
  /** `added_tokens.json`, which files of old have. */
  readonly addedTokens?: unknown;
}

export interface SpecialTokens {
  /** `tokenizer_config.json`, with the special tokens of the other files in it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Those that other files than tokenizer.json name, as they want to be added. */
  readonly listed: readonly AddedToken[];
  /** Those that have a name, such as bos_token, and further ones. */
  readonly named: readonly AddedToken[];
}

const NAMES = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
];
const LISTS = ['extra_special_tokens', 'additional_special_tokens'];
const MAX_ID = 1 << 21;

const Token = v.union([v.string(), AddedTokenFile]);
const ConfigFile = v.looseObject({
  added_tokens_decoder: v.optional(v.nullable(v.record(v.string(), AddedTokenFile))),
  split_special_tokens: v.optional(v.nullable(v.boolean())),
});
const MapFile = v.looseObject({});
const AddedFile = v.record(
  v.string(),
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_ID)),
);

/**
 * @param file name of `tokenizer_config.json` for messages; the others lie beside it
 * @throws CheckpointError 'bad-tokenizer' where a file is malformed; Unsupported.
 */
export function readSpecialTokens(files: SpecialTokenFiles, file: string): SpecialTokens {
  const read = <S extends v.GenericSchema>(schema: S, value: unknown, name: string) =>
    checkShape(schema, parseJson(value, name, 'bad-tokenizer'), name, 'bad-tokenizer');
  const beside = (name: string): string => file.replace(/[^/]*$/, name);
  const fileSettings = read(ConfigFile, files.tokenizerConfig, file);
  if (fileSettings.split_special_tokens === true) {
    throw new Unsupported(
      'It asks for special tokens in a text to be read as plain text (split_special_tokens), which no chat template bears',
    );
  }
  const decoder = fileSettings.added_tokens_decoder ?? null;
  // Where tokenizer_config.json lists the added tokens, transformers opens neither of the older files.
  const map =
    decoder === null && files.specialTokensMap !== undefined
      ? read(MapFile, files.specialTokensMap, beside('special_tokens_map.json'))
      : {};
  const config: Record<string, unknown> = { ...fileSettings, ...map };
  const extra = config.extra_special_tokens;
  if (typeof extra === 'object' && extra !== null && !Array.isArray(extra)) {
    Object.assign(config, extra);
    delete config.extra_special_tokens;
  }
  const names = [
    ...NAMES,
    ...(typeof extra === 'object' && extra !== null && !Array.isArray(extra)
      ? Object.keys(extra)
      : []),
  ];
  const named = [
    ...names.map((name) => config[name]),
    ...LISTS.flatMap((name) => (Array.isArray(config[name]) ? (config[name] as unknown[]) : [])),
  ].flatMap(specialToken);
  const isNamed = (content: string): boolean => named.some((token) => token.content === content);
  const older =
    decoder === null && files.addedTokens !== undefined
      ? read(AddedFile, files.addedTokens, beside('added_tokens.json'))
      : {};
  const listed = [
    ...byId(Object.entries(decoder ?? {}).map(([id, token]) => [Number(id), addedToken(token)])),
    ...byId(
      Object.entries(older).map(([content, id]) => [
        id,
        addedToken({
          content,
          single_word: false,
          lstrip: false,
          rstrip: false,
          special: isNamed(content),
        }),
      ]),
    ),
  ].map((token) => (isNamed(token.content) ? { ...token, special: true } : token));
  return { config, listed, named };
}

const byId = (tokens: readonly (readonly [number, AddedToken])[]): AddedToken[] =>
  [...tokens].sort(([a], [b]) => a - b).map(([, token]) => token);

/** A special token in either of the two forms that files use; anything else gives none. */
function specialToken(value: unknown): AddedToken[] {
  const token = v.safeParse(Token, value);
  if (!token.success) return [];
  const written = typeof token.output === 'string' ? { content: token.output } : token.output;
  return [
    addedToken({ single_word: false, lstrip: false, rstrip: false, ...written, special: true }),
  ];
}

/** Adds what the tokens of tokenizer.json lack. @throws Unsupported as AddedTokens. */
export function addSpecialTokens(tokens: AddedTokens, { listed, named }: SpecialTokens): void {
  const known = new Set(listed.map(({ content }) => content));
  const lacking = named.filter(({ content }) => {
    if (known.has(content) || tokens.has(content)) return false;
    known.add(content);
    return true;
  });
  tokens.add([...listed, ...lacking]);
}
