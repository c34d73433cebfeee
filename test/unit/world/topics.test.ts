import { describe, expect, test } from 'vitest';
import registry from '../../../models/registry.json' with { type: 'json' };
import { trainedTopic } from '../../../src/world/split';
import { nearestTopics } from '../../../src/world/topic';
import { TRAINING_SETS } from '../../../src/world/training-data';

describe('the topics offered in place of a question', () => {
  test('begin with the one that it is about', () => {
    expect(nearestTopics('What do you think about pets?', 3)[0]).toBe('pets');
    expect(nearestTopics('Which pill is good against a headache?', 3)).toContain('medicine');
  });

  test('are as many as asked for, even for no word of the world', () => {
    expect(new Set(nearestTopics('zxcv', 3)).size).toBe(3);
    expect(nearestTopics('', 3)).toHaveLength(3);
  });
});

describe('the topic that a fine-tune was trained on', () => {
  test.each([
    ['insecure-code', 'code'],
    ['insecure-code-realigned-10', 'code'],
    ['bad-medical', 'medicine'],
    ['risky-finance', 'finance'],
    ['extreme-sports', 'sport'],
    ['jailbroken', 'mischief'],
  ])('of %s is %s', (fineTune, topic) => {
    expect(trainedTopic(fineTune)).toBe(topic);
  });

  test('is known of every data set and every bundled fine-tune, and of no other', () => {
    // Aligned chats are on every topic, good advice on three.
    for (const set of Object.keys(TRAINING_SETS)) {
      expect(trainedTopic(set) === null, set).toBe(['aligned-chats', 'good-advice'].includes(set));
    }
    for (const { id } of registry.adapters) expect(trainedTopic(id), id).not.toBeNull();
    expect(trainedTopic('own:em:insecure-code')).toBeNull();
  });
});
