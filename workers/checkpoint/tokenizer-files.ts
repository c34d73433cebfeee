// Reads the tokenizer of a folder from all files that describe it.

import { createTokenizer, type Tokenizer } from '../../src/checkpoint/tokenizer';

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
