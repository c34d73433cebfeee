// Reads the tokenizer of a folder from all files that describe it.

import { createTokenizer, type Tokenizer } from '../../src/checkpoint/tokenizer';
import { ModelError } from '../runtime';

export interface NamedText {
  /** Name with the folder, for messages. */
  readonly name: string;
  readonly text: string;
}

/** @param read returns a file of the folder; null if it has none of that name */
export async function readTokenizer(
  read: (path: string) => Promise<NamedText | null>,
  /** Error for a missing file; every checkpoint must have the two. */
  missing: (path: string) => Error,
): Promise<Tokenizer> {
  const required = async (path: string): Promise<NamedText> => {
    const file = await read(path);
    if (file) return file;
    throw missing(path);
  };
  const optional = async (path: string): Promise<string | undefined> => (await read(path))?.text;
  const json = await required('tokenizer.json');
  const config = await required('tokenizer_config.json');
  return createTokenizer(json.text, config.text, json.name, {
    configFile: config.name,
    jinja: await optional('chat_template.jinja'),
    json: await optional('chat_template.json'),
    specialTokensMap: await optional('special_tokens_map.json'),
    addedTokens: await optional('added_tokens.json'),
  });
}

/**
 * Gemma 3 has a token for images without a row in its language models; `tokens` does not count it.
 * @throws ModelError where the vocabulary has fewer rows than the tokenizer has tokens.
 */
export function requireRows(tokens: number, rows: number, folder: string): void {
  if (tokens <= rows) return;
  throw new ModelError(
    'bad-checkpoint',
    `${folder}/tokenizer.json: It has ${tokens} tokens, config.json only ${rows}. ` +
      'Check that both files belong to the same checkpoint.',
  );
}

/** The same for the vocabulary that an adapter makes. @param weights its file, for the message */
export function requireAdapterRows(tokens: number, rows: number, weights: string): void {
  if (tokens <= rows) return;
  throw new ModelError(
    'bad-checkpoint',
    `${weights}: Its vocabulary has ${rows} rows, but the base's tokenizer has ` +
      `${tokens} tokens. Choose an adapter made for the loaded checkpoint.`,
  );
}
