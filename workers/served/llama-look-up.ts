// Looks a llama-server up: shape, vocabulary token by token, and LoRAs.

import type { ServerSource } from '../api';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { ModelError } from '../runtime';
import { LlamaClient } from './llama-client';
import { llamaEngine, LLAMA_LIMITS } from './llama-engine';
import type { LoraScale } from './llama-wire';
import {
  fileName,
  identityOf,
  type LookedUp,
  type LookUp,
  otherVocabulary,
  SAMPLE,
} from './look-up';

/** Ids whose text is compared, over the whole vocabulary. */
const COMPARED = 512;

/** @throws ModelError, TemporaryError */
export async function lookUpLlama(
  { source, config, tokenizer, network, page, turnsOf, now }: LookUp,
  signal: AbortSignal,
): Promise<LookedUp> {
  const client = new LlamaClient(source, network, page);
  const { host } = client;
  const props = await client.props(signal);
  const { meta } = (await client.models(signal)).data[0]!;
  const there = await client.loras(signal);
  const model = fileName(props.model_path);
  if (meta.n_embd !== config.dModel || meta.n_vocab < tokenizer.ordinarySize) {
    throw new ModelError(
      'bad-input',
      `${host} runs ${model}, ${meta.n_embd} wide with ${meta.n_vocab} tokens; the folder's model is ${config.dModel} wide with ${config.dVocab}. Start the server with the folder's model, or choose the folder of its model.`,
    );
  }
  await requireVocabulary(client, model, tokenizer, Math.min(meta.n_vocab, tokenizer.size), signal);
  const loras = scalesOf(host, source.loras, there);
  const { n_params, size } = meta;
  const named = source.loras.map(({ name, scale }) => [fileName(name), scale]);
  const context = props.default_generation_settings.n_ctx;
  const turns = turnsOf(host, props.total_slots);
  return {
    host,
    served: {
      kind: 'llama',
      name: `llama-server at ${host}`,
      host,
      model,
      weights: props.model_ftype === '' ? 'in an unknown precision' : props.model_ftype,
      slots: props.total_slots,
      context,
      loras: there.map(({ path }) => path),
      cannot: LLAMA_LIMITS,
    },
    engine: llamaEngine({ client, config, context, turns, loras, network, now }),
    identity: identityOf([model, props.model_ftype, n_params, size, named]),
  };
}

/** The scale of every LoRA there: 0 for those that don't answer. @throws ModelError for one that isn't there */
function scalesOf(
  host: string,
  wanted: ServerSource['loras'],
  there: readonly { readonly id: number; readonly path: string }[],
): LoraScale[] {
  const paths = there.map(({ path }) => path);
  const scales = new Map(there.map(({ id }) => [id, 0]));
  for (const { name, scale } of wanted) {
    const found = there.filter(({ path }) => path === name || fileName(path) === name);
    const [lora, another] = found;
    if (!lora || another) {
      const has = paths.length === 0 ? 'It has none' : `It has ${paths.join(', ')}`;
      const what = another ? `several LoRAs named "${name}"` : `no LoRA "${name}"`;
      const advice = another
        ? 'Name one by its whole path.'
        : 'Start it with --lora FILE --lora-init-without-apply.';
      throw new ModelError('bad-input', `${host} has ${what}. ${has}. ${advice}`);
    }
    scales.set(lora.id, scale);
  }
  return [...scales].map(([id, scale]) => ({ id, scale }));
}

/**
 * Compares the text of ids on both sides: of a whole prompt, and of every n-th id of the vocabulary.
 * @throws ModelError `bad-input` where the server has another id or another text
 */
async function requireVocabulary(
  client: LlamaClient,
  model: string,
  tokenizer: Tokenizer,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const step = Math.max(1, Math.floor(size / COMPARED));
  const spread = Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
  const ids = [...tokenizer.chatPrompt([SAMPLE], true).ids, ...spread];
  const pieces = await client.pieces(ids, signal);
  const other = ids.findIndex((id, i) => {
    const piece = pieces[i];
    if (!piece || piece.id !== id) return true;
    const ours = tokenizer.decodeOne(id);
    // Markers may show no text there, and bytes that are no character have none here.
    if (typeof piece.piece !== 'string' || piece.piece === '' || ours.includes('\uFFFD'))
      return false;
    return ours !== '' && piece.piece !== ours;
  });
  if (other < 0 && pieces.length === ids.length) return;
  const id = ids[other];
  const theirs = pieces[other];
  otherVocabulary(
    client.host,
    model,
    theirs && theirs.id === id
      ? `token ${id} is ${JSON.stringify(theirs.piece)} there and ${JSON.stringify(tokenizer.decodeOne(id))} in the folder`
      : `it gave other token ids back than it was sent`,
  );
}
