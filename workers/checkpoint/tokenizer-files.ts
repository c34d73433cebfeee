// The tokenizer of a folder, from all of its files that say something of it.

import { createTokenizer, type Tokenizer } from '../../src/checkpoint/tokenizer';

export interface NamedText {
  /** With its folder, for messages. */
  readonly name: string;
  readonly text: string;
}

/** @param read a file of the folder; null where it has none of that name */
export async function readTokenizer(
  read: (path: string) => Promise<NamedText | null>,
  /** For the two that every checkpoint has. */
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
