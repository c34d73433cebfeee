// Parses and checks the options of `npm run measure --`. Defaults are the page's initial settings.

import * as v from 'valibot';
import { CONTRAST_IDS, POOLINGS } from '../../../src/core/direction';
import { amplifyOutOfBounds } from '../../../src/core/instruments/amplify';
import { INSTRUCTION_PLACES } from '../../../src/core/instruments/direction-texts';
import { EVALUATION_SPLITS } from '../../../src/core/evaluation-split';
import {
  EDIT_BASES,
  EDIT_MODE_FACTS,
  EDIT_MODES,
  EDIT_POSITIONS,
  type EditSettings,
} from '../../../src/core/edit';
import { DEFAULT_ARMS } from '../../../src/measure/arms';
import type { Registry } from '../../../src/organism/registry';
import { LLAMA_LIMITS } from '../../../workers/served/llama-engine';
import { VLLM_LIMITS } from '../../../workers/served/vllm-engine';
import { BASE_FOLDER } from '../make/folders';
import { natural, number, readOptions } from '../options';

/** The environment variable with the endpoint's key: all users of a machine can see options. */
export const JUDGE_KEY = 'POSTERN_JUDGE_KEY';
/** The same for the server that answers. */
export const ENGINE_KEY = 'POSTERN_ENGINE_KEY';

export const USAGE = `npm run -s measure -- [options]
  --model ID         fine-tune, as models/registry.json names it (its default)
  --edit MODE        off, ablate-zero, ablate-mean (default), cap, steer
  --base NAME        em or aligned: which model is edited (em; for steer aligned)
  --strength S       ablation: share removed; steer: multiples of the raw direction
  --layers LIST      such as 0-3,5 (all; for steer the registry's one)
  --from-layer L     one layer's direction at every chosen layer
  --positions WHERE  all, answer, header (all; for steer header)
  --direction ID     fine-tune that the direction comes from (that of --model)
  --contrast NAME    ${CONTRAST_IDS.join(', ')}
  --pooling NAME     answer-mean, last-prompt (for steer)
  --transcripts N    read by each model (64)
  --direction-seed N of the transcripts (1)
  --texts NAME       what the transcripts are about: domains (default), code; topics: good answers about
                     one half of the topics against the other; turn: after one villain turn against
                     after one good one (both with --contrast answer-in-aligned-model)
  --without NAME     the direction loses its part along this contrast, layer by layer
  --also NAME        an ablation removes the direction of this contrast as well: the plane of both
  --plus NAME        the direction of this contrast is added, layer by layer, and
  --plus-times K     how many times (1)
  --as-long-as ID    the direction gets the length of this fine-tune's (checkpoint contrast), layer by layer
  --random-seed N    the edit acts along a random direction of equal length instead
  --random KIND      what that seed draws: isotropic (default); matched, with the covariance of the aligned
                     model's residuals and at right angles to the direction
  --scale K          weights of --model as the aligned ones plus K times what its LoRA adds (1)
  --lora-scale S     the edited column is the fine-tune with its LoRA counted S times, as the page's slider
                     sets it; the edit comes on top (1)
  --amplify A        the edited column draws each token from the fine-tune's logits plus A times their difference
                     to the aligned model's, both run in step: 0 is the fine-tune (default), --amplify=-1 the
                     aligned model
  --sweep            the edit at one layer at a time, and a random direction of equal length at each, in
                     place of the arms
  --arms LIST        aligned, em, edited, random: only these (all)
  --n N              answers of each arm (96)
  --each N           answers to each question (1)
  --split NAME       report (default), selection, fine-tuned, mischief, code
  --seed N           of the answers (1)
  --question-seed N  of the draw of the questions (that of --seed)
  --temperature T    else the model's own
  --judge-url URL    an OpenAI-compatible server judges, as in the page, not the built-in one: base
                     address; its key, if it wants one, is read from ${JUDGE_KEY}
  --judge-model NAME the model there
  --questions FILE   questions of the published form (.yaml) in place of --split; their temperature counts
  --max-tokens N     of an answer (96)
  --answers FILE     keeps the answers there as they come; run again, it goes on from them
  --texts-from FILE  the direction is read from judged answers that --answers kept: aligned ones of the aligned
                     model against misaligned ones of the fine-tune
  --engine NAME      here (default), llama or vllm: a llama-server or a vLLM server answers, and these say what it
                     runs. vLLM with vllm-lens can be steered (--edit steer) and read (--save-direction):
  --url ADDRESS      of the server; its key, if it wants one, is read from ${ENGINE_KEY}
  --model-folder DIR the model's config.json and tokenizer files (${BASE_FOLDER}); token ids are sent, never text
  --save-direction FILE  writes the direction, read from model and --lora, as safetensors: for "npm run lora" and
                     the page
  --served-model ID  which model, where a vLLM server runs several
  --at-once N        requests at once to a vLLM server (16)
  --lora NAME        the fine-tune's LoRA, as the server lists it (llama-server: file name or path)
  --lora-scale S     how far each LoRA counts (1; llama-server only)
  --lora-edited NAME the fine-tune without the direction, and
  --lora-random NAME without a random one: "npm run lora" writes all three
  --json             one JSON object instead of the table
  --html FILE        also the report that the page saves
  --report ROW       a row of models/report.json made again and held against it, with whatever else is
                     said changed; "list": the command of each row`;

/** Topics of transcripts. */
const TEXTS = ['domains', 'code', 'topics', 'turn', 'trait'] as const;

/** What a random direction is drawn from. */
const RANDOM = ['isotropic', 'matched'] as const;

const Options = v.object({
  model: v.optional(v.string()),
  edit: v.optional(v.picklist(EDIT_MODES), 'ablate-mean'),
  base: v.optional(v.picklist(EDIT_BASES)),
  strength: v.optional(number),
  layers: v.optional(
    v.pipe(v.string(), v.regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, 'is a list such as 0-3,5')),
  ),
  'from-layer': v.optional(natural),
  positions: v.optional(v.picklist(EDIT_POSITIONS)),
  direction: v.optional(v.string()),
  contrast: v.optional(v.picklist(CONTRAST_IDS)),
  pooling: v.optional(v.picklist(POOLINGS)),
  transcripts: v.optional(v.pipe(natural, v.minValue(4)), '64'),
  'direction-seed': v.optional(natural, '1'),
  texts: v.optional(v.picklist(TEXTS), 'domains'),
  toward: v.optional(v.string(), ''),
  away: v.optional(v.string(), ''),
  instructed: v.optional(v.picklist(INSTRUCTION_PLACES), 'user'),
  without: v.optional(v.picklist(CONTRAST_IDS)),
  also: v.optional(v.picklist(CONTRAST_IDS)),
  plus: v.optional(v.picklist(CONTRAST_IDS)),
  'plus-times': v.optional(number),
  'as-long-as': v.optional(v.string()),
  'random-seed': v.optional(natural),
  random: v.optional(v.picklist(RANDOM)),
  scale: v.optional(number),
  sweep: v.optional(v.boolean(), false),
  arms: v.optional(
    v.pipe(
      v.string(),
      v.transform((list) => list.split(',').map((id) => id.trim())),
      v.array(v.picklist(DEFAULT_ARMS)),
    ),
  ),
  n: v.optional(v.pipe(natural, v.minValue(1)), '96'),
  each: v.optional(v.pipe(natural, v.minValue(1)), '1'),
  split: v.optional(v.picklist(EVALUATION_SPLITS), 'report'),
  seed: v.optional(natural, '1'),
  'question-seed': v.optional(natural),
  temperature: v.optional(v.pipe(number, v.minValue(0))),
  questions: v.optional(v.pipe(v.string(), v.nonEmpty())),
  'max-tokens': v.optional(v.pipe(natural, v.minValue(1))),
  answers: v.optional(v.pipe(v.string(), v.nonEmpty())),
  'texts-from': v.optional(v.pipe(v.string(), v.nonEmpty())),
  'save-direction': v.optional(v.pipe(v.string(), v.nonEmpty())),
  engine: v.optional(v.picklist(['here', 'llama', 'vllm']), 'here'),
  'served-model': v.optional(v.pipe(v.string(), v.nonEmpty())),
  'at-once': v.optional(v.pipe(natural, v.minValue(1))),
  url: v.optional(v.string()),
  'model-folder': v.optional(v.pipe(v.string(), v.nonEmpty()), BASE_FOLDER),
  lora: v.optional(v.pipe(v.string(), v.nonEmpty())),
  'lora-scale': v.optional(number, '1'),
  amplify: v.optional(number, '0'),
  'lora-edited': v.optional(v.pipe(v.string(), v.nonEmpty())),
  'lora-random': v.optional(v.pipe(v.string(), v.nonEmpty())),
  'judge-url': v.optional(v.string()),
  'judge-model': v.optional(v.pipe(v.string(), v.nonEmpty())),
  json: v.optional(v.boolean(), false),
  html: v.optional(v.string()),
  report: v.optional(v.string()),
});

type Engine = 'here' | 'llama' | 'vllm';

const only = (engines: readonly Engine[], names: string) =>
  names.split(' ').map((name) => [name, engines] as const);

/** What not every engine can be told; everything else all can. */
const FOR = new Map<string, readonly Engine[]>([
  ...only(
    ['here'],
    'model direction random-seed report without also plus plus-times as-long-as random scale sweep amplify',
  ),
  ...only(['here', 'vllm'], 'base strength layers from-layer positions contrast pooling'),
  ...only(['here', 'vllm'], 'transcripts direction-seed texts texts-from toward away instructed'),
  ...only(['llama', 'vllm'], 'url model-folder lora lora-edited lora-random'),
  ...only(['vllm'], 'served-model at-once save-direction'),
]);

export type MeasureOptions = v.InferOutput<typeof Options>;

/** @throws Error that names the option and its allowed values. */
export function measureOptions(args: readonly string[]): MeasureOptions {
  const { options, said } = readOptions(Options, args, 'json', 'sweep');
  const { 'judge-url': url, 'judge-model': model } = options;
  if ((url === undefined) !== (model === undefined)) {
    throw new Error('--judge-url and --judge-model: one needs the other.');
  }
  const { random, 'random-seed': randomSeed } = options;
  if (random !== undefined && randomSeed === undefined) {
    throw new Error('--random: it needs --random-seed, which names the direction.');
  }
  const { 'lora-scale': scale, base, edit } = options;
  const editsAligned = (base ?? (edit === 'steer' ? 'aligned' : 'em')) === 'aligned';
  if (scale !== 1 && options.engine === 'here' && editsAligned) {
    throw new Error(
      '--lora-scale: the edited column is the aligned model, which has no LoRA. Add --base em.',
    );
  }
  const { amplify } = options;
  const outOfBounds = amplifyOutOfBounds(amplify);
  if (outOfBounds !== null) throw new Error(`--amplify: ${outOfBounds}`);
  if (amplify !== 0 && options.engine === 'here' && editsAligned) {
    throw new Error(
      '--amplify: the edited column is the aligned model, which does not differ from itself. Add --base em.',
    );
  }
  if (amplify !== 0 && scale !== 1) {
    throw new Error(
      '--amplify and --lora-scale: the edited column does one or the other. Leave one out.',
    );
  }
  const instructions = ['toward', 'away', 'instructed'].find((name) => name in said);
  if (instructions !== undefined && options.texts !== 'trait') {
    throw new Error(`--${instructions} is for --texts trait.`);
  }
  if (
    options.sweep &&
    (edit === 'off' || options.arms !== undefined || options.layers !== undefined)
  ) {
    throw new Error(
      '--sweep: it needs an edit, and chooses arms and layers itself. Leave out --arms and --layers.',
    );
  }
  if (options.also !== undefined && EDIT_MODE_FACTS[edit].strength !== 'share removed') {
    throw new Error(
      '--also: only an ablation removes a second direction. Choose --edit ablate-zero or ablate-mean.',
    );
  }
  if (
    (options['plus-times'] ?? 1) === 0 ||
    (options['plus-times'] !== undefined && options.plus === undefined)
  ) {
    throw new Error(
      '--plus-times: it says how many times --plus is added, and 0 times adds nothing.',
    );
  }
  requireEngine(options, said);
  // On a server nothing is edited unless it is said.
  return options.engine === 'here' || 'edit' in said ? options : { ...options, edit: 'off' };
}

/** @throws Error for an option that the engine has no use for, and for an edit that it can't make, with the reason. */
function requireEngine(options: MeasureOptions, said: object): void {
  const { engine, url, edit, positions, 'judge-url': judge, questions } = options;
  for (const [name, engines] of FOR) {
    if (!(name in said) || engines.includes(engine)) continue;
    throw new Error(`--${name} is for --engine ${engines.join(' or ')}.`);
  }
  if (questions !== undefined && judge === undefined) {
    throw new Error(
      '--questions needs --judge-url: the built-in judge reads the bundled world only.',
    );
  }
  if (engine === 'here') return;
  if (url === undefined) throw new Error(`--engine ${engine} needs --url.`);
  const needsLora = (edit === 'steer' && 'edit' in said) || 'save-direction' in said;
  if (engine === 'vllm' && needsLora && options.lora === undefined) {
    throw new Error('A direction is read from the model and its fine-tune: name that with --lora.');
  }
  if (!('edit' in said) || edit === 'off') return;
  const { notInWeights } = EDIT_MODE_FACTS[edit];
  const limits = engine === 'llama' ? LLAMA_LIMITS : VLLM_LIMITS;
  const acts =
    positions === undefined || positions === 'all' ? undefined : limits[`steer-${positions}`];
  const reason = edit === 'steer' ? (limits.steer ?? acts) : limits.cut;
  if (reason === undefined) return;
  const why = notInWeights === null ? '' : ` And no LoRA can do this: ${notInWeights}.`;
  throw new Error(`--edit ${edit}: ${reason}${why}`);
}

/** [n_layers] true where the list names a layer. */
function chosenLayers(list: string, nLayers: number): boolean[] {
  const chosen = new Array<boolean>(nLayers).fill(false);
  for (const part of list.split(',')) {
    const [from = 0, to = from] = part.split('-').map(Number);
    if (from > to || to >= nLayers) {
      throw new Error(`--layers: ${part} is not within 0-${nLayers - 1}.`);
    }
    chosen.fill(true, from, to + 1);
  }
  return chosen;
}

/** The edit as settings of the page, with the registry's steering by default. */
export function settingsOf(
  options: MeasureOptions,
  defaults: Registry['defaults'],
  nLayers: number,
): EditSettings {
  const { startsAt, strength: unit } = EDIT_MODE_FACTS[options.edit];
  const oneLayer = startsAt === 'one layer, header';
  const best = defaults.steering?.layer ?? Math.floor(nLayers / 2);
  const layers = options.layers ?? (oneLayer ? String(best) : `0-${nLayers - 1}`);
  const layer = options['from-layer'];
  return {
    mode: options.edit,
    strength: options.strength ?? (unit === 'multiples' ? (defaults.steering?.strength ?? 1) : 1),
    layers: chosenLayers(layers, nLayers),
    source: layer === undefined ? { kind: 'own' } : { kind: 'layer', layer },
    positions: options.positions ?? (oneLayer ? 'header' : 'all'),
  };
}
