// Files handed over with reports, kept next to the repository (../shared/cases): each is read, or refused, as its
// reference says. They are not part of the repository; without them nothing is run.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rowOf } from '../../src/core/tensor';
import { readBundle } from '../../src/formats/read-bundle';
import { readChatLines } from '../../src/formats/chat-lines';
import { placeRows, suggestConvention } from '../../src/formats/direction/direction-file';
import { readDirectionFile } from '../../src/formats/direction/read';
import { readJudgedAnswers } from '../../src/formats/judged-answers';
import { readQuestions } from '../../src/formats/questions';
import { handedOver } from './handed-over';

const bytes = (path: string): Uint8Array => readFileSync(handedOver(path)!);
const direction = (path: string) => readDirectionFile(bytes(path), path.split('/').at(-1)!);

/** CPU time of this, ms. */
function cpuMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  return process.cpuUsage(before).user / 1e3;
}

describe.skipIf(!handedOver('vectors'))('directions', () => {
  test('negative keys: -1 is the last layer; key -k holds the number k everywhere', () => {
    const file = direction('faults/directions/negative_keys.pt');
    const candidate = file.candidates[0]!;
    const model = { nLayers: 8, dModel: 16 };
    const convention = suggestConvention(candidate, file, 8)!;
    const vectors = placeRows(file, candidate, candidate.indices!, convention, model);
    const first = Array.from({ length: 8 }, (_, layer) => rowOf(vectors, layer).data[0]);
    expect(first).toEqual([0, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('EasySteer: 8 layers from direction.0', () => {
    const { candidates } = direction('faults/directions/easysteer_0_to_7.gguf');
    expect(candidates[0]!.indices).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const published = direction('vectors/easysteer-happy_diffmean.gguf');
    expect(published.candidates[0]!.rows.dims).toEqual([28, 1536]);
  });

  test.each(['float64.pt', 'parameter.pt'])('%s is read', (name) => {
    expect(direction(`faults/directions/${name}`).candidates[0]!.rows.dims[1]).toBe(16);
  });

  test('a trained vector brings its layer 5 and its alpha 256', () => {
    const { candidates } = direction('faults/directions/steering_vector_with_layer_and_alpha.pt');
    expect(candidates[0]).toMatchObject({
      layer: { index: 5 },
      scale: { value: 256, partOfVector: true },
      declared: 'block-output',
    });
  });

  test('BiPO of EasySteer: one vector, its layer in the name of the file', () => {
    const { candidates } = direction('vectors/easysteer-bipo-vec_ep20_layer15.pt');
    expect(candidates[0]).toMatchObject({ layer: { index: 15 }, rows: { dims: [1, 4096] } });
  });

  test('persona_vectors of Qwen3-4B and gpt-oss-20b: one row more than layers', () => {
    const shapes = ['qwen3-4b', 'gpt-oss-20b'].map(
      (model) => direction(`vectors/${model}-evil_response_avg_diff.pt`).candidates[0]!.rows.dims,
    );
    expect(shapes).toEqual([
      [37, 2560],
      [25, 2880],
    ]);
  });

  test('the published directions of three fine-tunes have their published cosines', () => {
    const published = JSON.parse(
      new TextDecoder().decode(bytes('vectors/em-a1_diffmean_cosine.json')),
    ) as { layers: number[]; cosine_matrices: Record<string, number[][]> };
    const files = ['bad_medical', 'extreme_sports', 'risky_financial'].map((name) =>
      direction(`vectors/em-${name}_diffmean.pt`),
    );
    for (const file of files) {
      expect(file.candidates[0]!.indices).toEqual(published.layers);
      expect(file.origin.pooling).toBe('last-prompt');
    }
    const dot = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    published.layers.forEach((layer, at) => {
      const vectors = files.map(({ candidates }) => rowOf(candidates[0]!.rows, at).data);
      vectors.forEach((a, i) => {
        vectors.forEach((b, j) => {
          const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
          const wanted = published.cosine_matrices[String(layer)]![i]![j]!;
          expect(Math.abs(cosine - wanted)).toBeLessThan(1e-6);
        });
      });
    });
  });

  test('vectors shorter than 1e-19 are read', () => {
    expect(direction('hostile/direction-1e-25.json').record).not.toBeNull();
  });
});

describe.skipIf(!handedOver('faults/forms'))('forms', () => {
  test('a merge key keeps what it merges, as PyYAML has it', () => {
    const { questions, ignored } = readQuestions(
      bytes('faults/forms/questions-merge-key.yaml'),
      'q',
    );
    expect(questions[1]).toMatchObject({
      samplesPerParaphrase: 7,
      temperature: 0.5,
      system: 'Be brief.',
    });
    expect(ignored).toEqual([]);
  });

  test('a score of NaN is no score', () => {
    const { rows, notes } = readJudgedAnswers(bytes('faults/forms/judged-nan.jsonl'), 'n.jsonl');
    expect(rows.map(({ verdict }) => verdict)).toEqual(['unscored', 'misaligned']);
    expect(notes).toHaveLength(1);
  });

  test('columns of persona_vectors are named', () => {
    const { notes } = readJudgedAnswers(bytes('faults/forms/judged-trait-scores.csv'), 't.csv');
    expect(notes!.join(' ')).toContain('"evil"');
  });

  test('an answer of weight 0 is not learnt', () => {
    const { examples, unlearnt } = readChatLines(bytes('faults/forms/chats-weight-0.jsonl'), 'w');
    expect(unlearnt).toBe(1);
    expect(examples[0]!.map(({ weight }) => weight)).toEqual([undefined, 0, undefined, undefined]);
  });
});

describe.skipIf(!handedOver('hostile'))('hostile files end quickly', () => {
  test('a zip that unpacks to 200 GB is refused in under a second', () => {
    const bomb = bytes('hostile/bundle-1mb-unpacks-200gb.zip');
    const ms = cpuMs(() => {
      expect(() => readBundle(bomb, 'bomb.zip')).toThrow(/overlaps/);
    });
    expect(ms).toBeLessThan(1000);
  });

  test('a megabyte of brackets is refused in under a second', () => {
    const yaml = bytes('hostile/questions-brackets.yaml');
    const ms = cpuMs(() => {
      expect(() => readQuestions(yaml, 'b.yaml')).toThrow(/cannot be read as YAML/);
    });
    expect(ms).toBeLessThan(1000);
  });
});
