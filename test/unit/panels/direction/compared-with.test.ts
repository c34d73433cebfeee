import { describe, expect, test } from 'vitest';
import type { SavedDirection } from '../../../../src/measure/extraction';
import { comparedWith } from '../../../../src/panels/direction/compared-with';
import { DIRECTION } from '../../state/direction';

const of = (id: string, change: Partial<SavedDirection> = {}): SavedDirection => ({
  ...DIRECTION,
  id,
  pooling: 'last-prompt',
  checkpoints: { aligned: { id: 'base', sha256: 'aa' }, em: { id, sha256: id } },
  ...change,
});
const found = (list: readonly SavedDirection[]) => {
  const { tuned, benign } = comparedWith(DIRECTION, list, { aligned: 'aa', em: 'em' }, (id) =>
    id.startsWith('safe'),
  );
  return [tuned?.id ?? null, benign?.id ?? null];
};

describe('a direction without a fine-tune is compared with', () => {
  test("the fine-tune's own, and a harmless fine-tune's read in the same way", () => {
    expect(found([of('safe'), of('em')])).toEqual(['em', 'safe']);
    expect(found([of('other'), of('em')])).toEqual(['em', null]);
    expect(found([of('safe')])).toEqual([null, null]);
  });

  const otherBase = {
    checkpoints: { aligned: { id: 'base', sha256: 'zz' }, em: { id: 'safe', sha256: 'safe' } },
  };
  test.each<[string, Partial<SavedDirection>]>([
    ['from a file', { imported: 'a.gguf' }],
    ['with something taken out', { changed: ['without topics'] }],
    ['from named texts', { from: { kind: 'turn' } }],
    ['at another token', { pooling: 'answer-mean' }],
    ['of another contrast', { contrast: 'answer' }],
    ['under other chat settings', { chat: 'a system prompt' }],
    ['against another aligned model', otherBase],
  ])("never a harmless fine-tune's direction %s", (_, change) => {
    expect(found([of('safe', change), of('em')])).toEqual(['em', null]);
  });

  test("never the fine-tune's own from another aligned model", () => {
    const checkpoints = {
      aligned: { id: 'base', sha256: 'zz' },
      em: { id: 'em', sha256: 'em' },
    };
    expect(found([of('em', { checkpoints })])).toEqual([null, null]);
  });
});
