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
 * Rows of the vocabulary that texts and conversations need. Gemma 3 has a token for images without a row in its language
 * models, which no conversation writes; tokens of a chat format that were added later are written by every one.
 */
export function rowsNeeded(tokenizer: Tokenizer): number {
  const question = { role: 'user', content: 'Q' } as const;
  const { ids } = tokenizer.chatPrompt([question], true);
  const answered = tokenizer.answeredChat([question, { role: 'assistant', content: 'A' }]);
  return [...ids, ...answered.ids].reduce(
    (rows, id) => Math.max(rows, id + 1),
    tokenizer.ordinarySize,
  );
}

/**
 * @param needed as `rowsNeeded`
 * @throws ModelError where the vocabulary has fewer rows.
 */
export function requireRows(needed: number, rows: number, folder: string): void {
  if (needed <= rows) return;
  throw new ModelError(
    'bad-checkpoint',
    `${folder}/tokenizer.json: Conversations in its format need ${needed} tokens, config.json has only ${rows}. ` +
      'Check that both files belong to the same checkpoint; where tokens were added, its embedding was never resized.',
  );
}

/** The same for the vocabulary that an adapter makes. @param weights its file, for the message */
export function requireAdapterRows(needed: number, rows: number, weights: string): void {
  if (needed <= rows) return;
  throw new ModelError(
    'bad-checkpoint',
    `${weights}: Its vocabulary has ${rows} rows, but the base's tokenizer has ` +
      `${needed} tokens. Choose an adapter made for the loaded checkpoint.`,
  );
}
