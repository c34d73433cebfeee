// One test for each line of PEFT's `check_target_module_exists` (tuners_utils.py), `get_pattern_key`
// (utils/other.py) and LoraConfig's own checks, peft 0.20 of August 2026. Paths are those of Llama.

import { describe, expect, test } from 'vitest';
import { parseAdapterConfig } from '../../../../src/checkpoint/adapter/adapter-config';
import {
  countLacking,
  isReplaced,
  rankOf,
  scaleOf,
  whyLeftOut,
} from '../../../../src/checkpoint/adapter/adapter-rules';
import { CheckpointError } from '../../../../src/checkpoint/error';
import { tinyConfig } from '../../onnx/tiny-weights';

const LINEAR = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
const MODULES = [
  'model.embed_tokens',
  ...[0, 1, 11].flatMap((layer) => [
    ...LINEAR.map((name) => `model.layers.${layer}.self_attn.${name}`),
    `model.layers.${layer}.mlp.down_proj`,
  ]),
  'lm_head',
];
const Q0 = 'model.layers.0.self_attn.q_proj';
const Q1 = 'model.layers.1.self_attn.q_proj';
const Q11 = 'model.layers.11.self_attn.q_proj';

const parse = (change: object) => parseAdapterConfig({ peft_type: 'LORA', ...change }, 'a.json');

/** The modules that are adapted, without what they all begin with. */
function adapted(change: object): string[] {
  const config = parse(change);
  return MODULES.filter((module) => whyLeftOut(config, module) === null);
}

const refusal = (change: object): string => {
  try {
    adapted(change);
  } catch (error) {
    if (error instanceof CheckpointError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'read';
};

const allQ = [Q0, Q1, Q11];

describe('target_modules', () => {
  test('as a list names whole paths', () => {
    expect(adapted({ target_modules: [Q0] })).toEqual([Q0]);
  });

  test('as a list names ends of paths behind a dot, not ends of words', () => {
    expect(adapted({ target_modules: ['q_proj'] })).toEqual(allQ);
    expect(adapted({ target_modules: ['1.self_attn.q_proj'] })).toEqual([Q1]);
    expect(adapted({ target_modules: ['proj', 'head'] })).toEqual([]);
  });

  test('as one text must match the whole path (re.fullmatch)', () => {
    expect(adapted({ target_modules: '.*q_proj' })).toEqual(allQ);
    expect(adapted({ target_modules: 'q_proj' })).toEqual([]);
    expect(adapted({ target_modules: 'model.*q_pro' })).toEqual([]);
  });

  test.each([
    ['\\\\A and \\\\Z', '\\Amodel\\.layers\\.\\d\\.self_attn\\.q_proj\\Z', [Q0, Q1]],
    ['(?i)', '(?i).*\\.Q_PROJ', allQ],
    ['a named group', '.*layers\\.(?P<layer>0|11)\\..*q_proj', [Q0, Q11]],
    ['what does not follow', '^(?!.*layers\\.1\\.).*q_proj$', [Q0, Q11]],
    ['what does not precede', '.*(?<!1\\.self_attn\\.)q_proj', [Q0]],
    ['counts and word ends', '\\bmodel\\.layers\\.[\\d]{1,}\\.self_attn\\.(?:q_proj)\\b', allQ],
  ])('as one text knows %s of Python', (_, target_modules, wanted) => {
    expect(adapted({ target_modules })).toEqual(wanted);
  });

  test('"all-linear", in any case, means every linear layer but the head', () => {
    const linear = MODULES.slice(1, -1);
    expect(adapted({ target_modules: 'all-linear' })).toEqual(linear);
    expect(adapted({ target_modules: 'ALL-linear' })).toEqual(linear);
  });

  test('may name the embedding and the head', () => {
    expect(adapted({ target_modules: ['embed_tokens', 'lm_head'] })).toEqual([
      'model.embed_tokens',
      'lm_head',
    ]);
  });
});

describe('exclude_modules', () => {
  test('leaves out whole paths, ends of paths, or what one text matches whole', () => {
    const of = (exclude_modules: unknown) =>
      adapted({ target_modules: ['q_proj'], exclude_modules });
    expect(of([Q0])).toEqual([Q1, Q11]);
    expect(of(['0.self_attn.q_proj'])).toEqual([Q1, Q11]);
    expect(of('.*layers\\.1.*')).toEqual([Q0]);
    expect(of('layers')).toEqual(allQ);
    expect(of([])).toEqual(allQ);
    expect(of('')).toEqual(allQ);
  });

  test('comes before a target that names the whole path', () => {
    expect(adapted({ target_modules: [Q0], exclude_modules: ['q_proj'] })).toEqual([]);
  });
});

describe('modules_to_save', () => {
  test('keeps LoRA from the modules it names, and from those inside of them', () => {
    const of = (name: string) => adapted({ target_modules: ['q_proj'], modules_to_save: [name] });
    expect(of('layers.0.self_attn')).toEqual([Q1, Q11]);
    expect(of('q_proj')).toEqual([]);
    // A name is a pattern in that rule: the dot is any character.
    expect(of('layers.1')).toEqual([Q0, Q11]);
    expect(of('layers.(0|1)')).toEqual([Q11]);
    expect(of('proj')).toEqual(allQ);
  });

  test('replaces modules by the end of their path, without a dot before it', () => {
    const config = parse({ modules_to_save: ['up_proj', 'norm'] });
    expect(isReplaced(config, 'model.layers.0.mlp.up_proj.weight')).toBe(true);
    expect(isReplaced(config, 'model.layers.0.input_layernorm.weight')).toBe(true);
    expect(isReplaced(config, 'model.layers.0.mlp.down_proj.weight')).toBe(false);
  });
});

describe('layers_to_transform', () => {
  const of = (change: object) => adapted({ target_modules: ['q_proj'], ...change });

  test('is one layer or a list, and an empty list restricts nothing', () => {
    expect(of({ layers_to_transform: 1 })).toEqual([Q1]);
    expect(of({ layers_to_transform: 0 })).toEqual([Q0]);
    expect(of({ layers_to_transform: [0, 11] })).toEqual([Q0, Q11]);
    expect(of({ layers_to_transform: [] })).toEqual(allQ);
    expect(of({ layers_to_transform: [7] })).toEqual([]);
  });

  test('does not ask a module that is named by its whole path', () => {
    const target_modules = [Q0, 'v_proj'];
    expect(adapted({ target_modules, layers_to_transform: [1] })).toEqual([
      Q0,
      'model.layers.1.self_attn.v_proj',
    ]);
    // The head's name is its whole path; the embedding's is not, and it is in no layer.
    const both = ['lm_head', 'embed_tokens'];
    expect(adapted({ target_modules: both, layers_to_transform: [1] })).toEqual(['lm_head']);
  });

  test.each([[null], [''], [[]]])(
    'counts in any list where layers_pattern is %j',
    (layers_pattern) => {
      expect(of({ layers_to_transform: [1], layers_pattern })).toEqual([Q1]);
    },
  );

  test('counts in the list that layers_pattern names, the first that is there', () => {
    expect(of({ layers_to_transform: [1], layers_pattern: 'layers' })).toEqual([Q1]);
    expect(of({ layers_to_transform: [1], layers_pattern: ['h', 'layers'] })).toEqual([Q1]);
    expect(of({ layers_to_transform: [1], layers_pattern: 'blocks' })).toEqual([]);
    expect(of({ layers_to_transform: [1], layers_pattern: 'l[a-z]+s' })).toEqual([Q1]);
  });

  test('is refused with a text in target_modules, and layers_pattern without it, as LoraConfig does', () => {
    const text = { target_modules: '.*q_proj', layers_to_transform: [0] };
    expect(refusal(text)).toMatch(/^unsupported-adapter: .*layers_to_transform/);
    const alone = { target_modules: ['q_proj'], layers_pattern: 'layers' };
    expect(refusal(alone)).toMatch(/^unsupported-adapter: .*layers_pattern/);
  });
});

describe('rank_pattern and alpha_pattern (get_pattern_key)', () => {
  const rank = (rank_pattern: object, module = Q1) =>
    rankOf(parse({ target_modules: ['q_proj'], r: 2, rank_pattern }), module);

  test('match the path or its end behind a dot; the first that does counts', () => {
    expect(rank({ q_proj: 4, 'layers.1.self_attn.q_proj': 8 })).toBe(4);
    expect(rank({ 'layers.1.self_attn.q_proj': 8, q_proj: 4 })).toBe(8);
    expect(rank({ proj: 4, 'self_attn.q': 5 })).toBe(2);
    expect(rank({ [Q1]: 16 })).toBe(16);
  });

  test('are expressions, a dot in them any character', () => {
    expect(rank({ '^model.layers.1.self_attn.q_proj': 4 })).toBe(4);
    expect(rank({ 'layers.(0|1)..*(q|v)_proj': 4 })).toBe(4);
    expect(rank({ 'self.attn.q_proj': 4 })).toBe(4);
    expect(rank({ 'k_proj|q_proj': 4 })).toBe(4);
  });

  test('make the scale alpha / r of the module, or alpha / sqrt(r) with rsLoRA', () => {
    const change = {
      r: 2,
      lora_alpha: 6,
      rank_pattern: { q_proj: 4 },
      alpha_pattern: { q_proj: 10 },
    };
    const config = parse({ target_modules: ['q_proj'], ...change });
    expect(scaleOf(config, Q0)).toBe(2.5);
    expect(scaleOf(config, 'model.layers.0.self_attn.k_proj')).toBe(3);
    const stabilised = parse({ target_modules: ['q_proj'], ...change, use_rslora: true });
    expect(scaleOf(stabilised, Q0)).toBe(5);
  });
});

describe('what cannot be followed is refused by name', () => {
  test.each([
    ['a reference back', '(a)\\1', 'refers back'],
    ['an atomic group', '(?>a)b', 'atomic'],
    ['a possessive repeat', 'a*+b', 'possessive'],
    ['a condition', '(a)?(?(1)b|c)', 'condition'],
    ['the verbose flag', '(?x) a b', 'flag "x"'],
    ['no expression', '(q_proj', 'never closed'],
  ])('%s in target_modules', (_, target_modules, word) => {
    const message = refusal({ target_modules });
    expect(message).toMatch(/^unsupported-adapter: a\.json: "target_modules" has the pattern/);
    expect(message).toContain(word);
  });

  test('an adapter of mlx-lm', () => {
    const mlx = { fine_tune_type: 'lora', num_layers: 8, lora_parameters: { rank: 8, scale: 20 } };
    expect(() => parseAdapterConfig(mlx, 'a.json')).toThrow(/mlx-lm/);
  });
});

describe('patterns of a hostile file', () => {
  /** Seconds of CPU. */
  function timed(work: () => unknown): number {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user / 1e6;
  }

  test.each(['((.+)+)+!', '(.*)*x', '(a|a)*$', '(.*.*)*(.*.*)*y', '(?=(.*)*z)(.*)*z'])(
    '%s answers at once in every place that takes one',
    (pattern) => {
      const change = [
        { target_modules: pattern },
        { target_modules: ['q_proj'], exclude_modules: pattern },
        { target_modules: ['q_proj'], rank_pattern: { [pattern]: 1 } },
        { target_modules: ['q_proj'], modules_to_save: [pattern] },
        { target_modules: ['q_proj'], layers_to_transform: [0], layers_pattern: pattern },
      ];
      const seconds = timed(() => {
        for (const one of change) {
          refusal(one);
          if (refusal(one) === 'read') rankOf(parse(one), Q0);
        }
      });
      expect(seconds).toBeLessThan(3);
    },
  );

  test('40,000 of them are refused', () => {
    const many = Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`x{${i}}y`, 1]));
    const one = { target_modules: ['q_proj'], rank_pattern: many };
    expect(refusal(one)).toMatch(/^unsupported-adapter: .*"rank_pattern" has 40000 entries/);
  });

  test('one that is long, or long when written out, is refused', () => {
    expect(refusal({ target_modules: '((a{1000}){1000}){1000}' })).toContain('steps');
    expect(refusal({ target_modules: 'a'.repeat(30_000) })).toContain('30000 characters');
    expect(refusal({ target_modules: `${'('.repeat(5000)}a${')'.repeat(5000)}` })).toContain(
      'nested',
    );
  });

  test('those that together take too long are stopped by name', () => {
    const slow = `(${Array.from({ length: 2000 }, () => '.*').join('')})z`;
    const seconds = timed(() => {
      const config = parse({ target_modules: slow });
      expect(() => {
        for (let i = 0; i < 10_000; i++) whyLeftOut(config, Q0);
      }).toThrow(/take too long/);
    });
    expect(seconds).toBeLessThan(20);
  });

  test('a configuration of 500,000 levels is refused with a typed error', () => {
    const deep = `{"peft_type":"LORA","target_modules":["q"],"x":${'['.repeat(5e5)}${']'.repeat(5e5)}}`;
    expect(() => parseAdapterConfig(deep, 'a.json')).toThrow(CheckpointError);
    expect(() => parseAdapterConfig(JSON.parse(deep), 'a.json')).toThrow(
      /"x" is set to a list of 1/,
    );
  });
});

// PEFT warns of missing keys (load_peft_weights) and leaves such layers at their start, where B is 0.
test('layers that the configuration adapts and the file lacks are counted', () => {
  const base = tinyConfig(true);
  const lacking = (change: object, ...names: readonly string[]) =>
    countLacking(parse(change), base, new Map(names.map((name) => [name, null])));
  const qv = { target_modules: ['q_proj', 'v_proj'] };
  expect(lacking(qv)).toBe(2 * base.nLayers);
  expect(lacking(qv, Q0, Q1)).toBe(2 * base.nLayers - 2);
  expect(lacking({ ...qv, layers_to_transform: [0] }, Q0)).toBe(1);
  expect(lacking({ ...qv, exclude_modules: 'v_proj', layers_to_transform: 0 })).toBe(2);
  expect(lacking({ ...qv, exclude_modules: ['v_proj'], layers_to_transform: 0 }, Q0)).toBe(0);
  expect(lacking({ target_modules: 'all-linear' })).toBe(7 * base.nLayers);
  expect(lacking({ target_modules: ['lm_head'] })).toBe(0);
});
