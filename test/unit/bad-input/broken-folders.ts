// Checkpoint folders with one fault each, beside the whole ones of tiny-organism.ts. Path -> content.
// What each is refused with, through the worker's own interface, is in checkpoints.test.ts; the two
// hostile ones, which never come to an end, only a browser can survive (test/browser/bad-input).

import { writeAdapter } from '../../../src/checkpoint/adapter/adapter-write';
import type { LoraFactors } from '../../../src/checkpoint/adapter/peft';
import { parseSafetensors, toTensor } from '../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { randomTensor } from '../onnx/tiny-weights';
import { tinyOrganism, TINY_CONFIG, type Files } from '../workers/tiny-organism';

type Bytes = Uint8Array<ArrayBuffer>;

const encode = (text: string): Bytes => new TextEncoder().encode(text);
const json = (value: unknown): Bytes => encode(JSON.stringify(value));
const whole = tinyOrganism();
const base = (name: string): Bytes => whole.get(`base/${name}`)!;
const adapter = (name: string): Bytes => whole.get(`adapter/${name}`)!;
const parsed = (bytes: Bytes) => JSON.parse(new TextDecoder().decode(bytes)) as object;

/** The weights with the bytes of one element of one tensor overwritten, as a bad disk would. */
function weightsWith(name: string, value: number): Bytes {
  const bytes = base('model.safetensors').slice();
  const entry = parseSafetensors(bytes, '').get(name)!;
  new DataView(bytes.buffer).setFloat32(entry.bytes.byteOffset, value, true);
  return bytes;
}

/** The weights with one word of the header replaced by one of the same length. */
function headerWith(before: string, after: string): Bytes {
  const bytes = base('model.safetensors').slice();
  const at = new TextDecoder('latin1').decode(bytes).indexOf(before);
  bytes.set(encode(after), at);
  return bytes;
}

/** Finite weights whose product is not: the last norm multiplies by 3e38. */
function overflowing(): Bytes {
  const tensors = [...parseSafetensors(base('model.safetensors'), '')].map(([name, entry]) => {
    const t = toTensor(entry);
    const data = name === 'model.norm.weight' ? t.data.map(() => 3e38) : t.data;
    return [name, { dims: t.dims, data, dtype: 'F32' }] as const;
  });
  return writeSafetensors(new Map(tensors));
}

/** An adapter whose one module has these sizes. */
function adapterOf(module: string, inner: number, out: number) {
  const factors: LoraFactors = { a: randomTensor([2, inner], 5), b: randomTensor([out, 2], 6) };
  const { config, bytes } = writeAdapter({
    baseModel: 'someone/another-model',
    alpha: 2,
    useRslora: false,
    modules: new Map([[module, factors]]),
    dtype: 'F32',
  });
  return { 'adapter_config.json': json(config), 'adapter_model.safetensors': bytes };
}

const BASES: Readonly<Record<string, Readonly<Record<string, Bytes>>>> = {
  'corrupt-header': { 'model.safetensors': headerWith('"dtype"', '"dtipe"') },
  'lfs-pointer': {
    'model.safetensors': encode('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
  },
  'unknown-dtype': { 'model.safetensors': headerWith('"F32"', '"Q4K"') },
  'integer-weights': { 'model.safetensors': headerWith('"F32"', '"I32"') },
  'nan-weights': { 'model.safetensors': weightsWith('model.norm.weight', NaN) },
  'infinite-weights': { 'model.safetensors': weightsWith('model.norm.weight', -Infinity) },
  overflowing: { 'model.safetensors': overflowing() },
  'another-config': {
    'config.json': json({ ...parsed(base('config.json')), num_hidden_layers: 3 }),
  },
  quantised: {
    'config.json': json({
      ...parsed(base('config.json')),
      quantization_config: { quant_method: 'gptq' },
    }),
  },
  'page-for-config': { 'config.json': encode('<!doctype html><title>Postern</title>') },
  'config-of-nothing': { 'config.json': encode('null') },
  'cut-tokenizer': { 'tokenizer.json': base('tokenizer.json').slice(0, 500) },
  'cut-tokenizer-config': { 'tokenizer_config.json': encode('{"chat_template":') },
  'no-template': { 'tokenizer_config.json': json({ eos_token: '<|end|>' }) },
  'small-vocabulary': {
    'config.json': json({ ...parsed(base('config.json')), vocab_size: 20 }),
  },
  'hostile-template': {
    'tokenizer_config.json': json({
      ...parsed(base('tokenizer_config.json')),
      chat_template:
        '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
    }),
  },
  'hostile-pattern': {
    'tokenizer.json': json({
      ...parsed(base('tokenizer.json')),
      pre_tokenizer: {
        type: 'Split',
        pattern: { Regex: '(?:a+)+$' },
        behavior: 'Isolated',
        invert: false,
      },
    }),
  },
};

const { dModel, nLayers } = TINY_CONFIG;
const HUGE = { ...parsed(adapter('adapter_config.json')), lora_alpha: 1e39 };

const ADAPTERS: Readonly<Record<string, Readonly<Record<string, Bytes>>>> = {
  'adapter-of-a-wider-base': adapterOf('model.layers.0.mlp.up_proj', dModel * 2, TINY_CONFIG.dMlp),
  'adapter-of-a-deeper-base': adapterOf(`model.layers.${nLayers}.mlp.up_proj`, dModel, 48),
  'adapter-without-weights': { 'adapter_config.json': adapter('adapter_config.json') },
  'adapter-of-another-kind': {
    'adapter_config.json': json({ peft_type: 'PROMPT_TUNING' }),
    'adapter_model.safetensors': adapter('adapter_model.safetensors'),
  },
  'adapter-beyond-range': {
    'adapter_config.json': json(HUGE),
    'adapter_model.safetensors': adapter('adapter_model.safetensors'),
  },
};

/** The whole folders of tiny-organism.ts and the faulty ones. */
export function brokenFolders(): Files {
  const files = new Map(whole);
  for (const [folder, faults] of Object.entries(BASES)) {
    for (const [path, bytes] of whole) {
      if (path.startsWith('base/')) files.set(path.replace('base/', `${folder}/`), bytes);
    }
    for (const [name, bytes] of Object.entries(faults)) files.set(`${folder}/${name}`, bytes);
  }
  for (const [folder, content] of Object.entries(ADAPTERS)) {
    for (const [name, bytes] of Object.entries(content)) files.set(`${folder}/${name}`, bytes);
  }
  return files;
}
