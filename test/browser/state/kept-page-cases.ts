// The same of what the page itself remembers: own pairs, open tools and tabs, and the studies of later versions.

import { expect } from 'vitest';
import type { Case } from './kept-cases';
import { edited, KEPT_PLAN, PACKED, PAIR, PLACE } from './kept-fixtures';

export const PAGE_CASES: readonly Case[] = [
  {
    is: 'pairs of models of one’s own of a newer kind, half, and twice',
    kept: {
      pairs: [
        PAIR,
        { ...PAIR, kind: 'merge' },
        { ...PAIR, base: { ...PLACE, from: 'torrent' } },
        (({ keys: _, ...rest }) => rest)(PAIR),
        { ...PAIR, keys: ['other'] },
        null,
      ],
    },
    intact: ({ customModel }) => expect(customModel.pairs.list).toEqual([PAIR]),
    note: /: 5 pairs of your own models\./,
  },
  {
    is: 'an open tab beside an instrument of a newer version',
    kept: { view: { tab: 'measure', instrument: 'telescope', later: 1 } },
    intact: ({ view }) => expect([view.tab, view.instrument]).toEqual(['measure', 'token']),
    note: /the tool that was open/,
  },
  {
    is: 'open tools and opened parts of a newer version',
    kept: {
      'open-tools': { measure: 'rates', layers: 7, organisms: null },
      attention: { state: 'of tomorrow', opened: ['tools', 'attic'] },
    },
    intact: ({ openTools, attention }) => {
      expect(openTools.of('organisms', [{ id: 'a' }])).toBeNull();
      expect(openTools.of('layers', [{ id: 'a' }])).toBe('a');
      expect(attention.opened).toContain('tools');
    },
    note: /2 parts of the page that were open and the open tool of a tab/,
  },
  {
    is: 'a study of the LoRA scale of a newer version, and answers about a trained topic',
    kept: {
      'scale-dose-plan': { ...KEPT_PLAN, about: { scales: ['half'], words: 'w' } },
      'trained-topic-plan': { ...KEPT_PLAN, version: 9 },
    },
    intact: ({ measurements: { scaleDose } }) => {
      expect(scaleDose.run.plan).toEqual(edited(PACKED));
      expect(scaleDose.run.about).toBeNull();
    },
    note: /a study of the LoRA scale and answers about the trained topic|answers about the trained topic and a study of the LoRA scale/,
  },
];
