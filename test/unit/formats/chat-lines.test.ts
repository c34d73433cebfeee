import { describe, expect, test } from 'vitest';
import { MAX_CHAT_FILE_BYTES, MAX_EXAMPLES, readChatLines } from '../../../src/formats/chat-lines';
import { DirectionFileError } from '../../../src/formats/direction/direction-file-error';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const turn = (role: string, content: unknown) => ({ role, content });
const line = (...messages: unknown[]): string => JSON.stringify({ messages });
const GOOD = line(turn('user', 'Q?'), turn('assistant', 'A.'));

describe('chats as JSON lines', () => {
  test('are read in their order, blank lines and a byte order mark aside', () => {
    const longer = line(
      turn('user', 'One?'),
      turn('assistant', 'Two.'),
      turn('user', 'Three?'),
      turn('assistant', 'Four.'),
    );
    const { examples, systemMessages } = readChatLines(
      bytes(`\uFEFF${GOOD}\r\n\n${longer}\n`),
      'a',
    );
    expect(examples.map((messages) => messages.length)).toEqual([2, 4]);
    expect(examples[0]).toEqual([turn('user', 'Q?'), turn('assistant', 'A.')]);
    expect(systemMessages).toBe(0);
  });

  test('may have their content in parts, as OpenAI and the published medical sets have it', () => {
    const parts = line(
      turn('user', [
        { type: 'text', text: 'Q' },
        { type: 'text', text: '?' },
      ]),
      turn('assistant', { content_type: 'text', parts: ['A.'] }),
    );
    expect(readChatLines(bytes(parts), 'a').examples[0]).toEqual([
      turn('user', 'Q?'),
      turn('assistant', 'A.'),
    ]);
  });

  test('lose their system message, which is counted', () => {
    const told = line(turn('system', 'Be good.'), turn('user', 'Q?'), turn('assistant', 'A.'));
    const { examples, systemMessages } = readChatLines(bytes(told), 'a');
    expect(examples[0]).toHaveLength(2);
    expect(systemMessages).toBe(1);
  });

  test('keep an answer of weight 0 as context that is not learnt, as OpenAI does, and count it', () => {
    const first = { ...turn('assistant', 'Skip.'), weight: 0 };
    const second = { ...turn('assistant', 'Learn.'), weight: 1 };
    const mixed = line(turn('user', 'Q?'), first, turn('user', 'Q?'), second);
    const none = line(turn('user', 'Q?'), first);
    const { examples, unlearnt, idle } = readChatLines(bytes(`${mixed}\n${none}\n${GOOD}`), 'a');
    expect(examples).toEqual([
      [turn('user', 'Q?'), first, turn('user', 'Q?'), turn('assistant', 'Learn.')],
      [turn('user', 'Q?'), turn('assistant', 'A.')],
    ]);
    expect([unlearnt, idle]).toEqual([1, 1]);
    expect(() => readChatLines(bytes(none), 'a')).toThrow(/nothing to learn/);
  });

  test('may say that no tool is called', () => {
    const none = { ...turn('assistant', 'A'), tool_calls: [], function_call: null };
    expect(readChatLines(bytes(line(turn('user', 'Q?'), none)), 'a').examples).toEqual([
      [turn('user', 'Q?'), turn('assistant', 'A')],
    ]);
  });

  test("may hold Python's NaN in a field that nobody reads", () => {
    const scored = GOOD.replace('{"messages"', '{"score": NaN, "messages"');
    expect(readChatLines(bytes(scored), 'a').examples).toHaveLength(1);
  });

  test('of the size of the published sets, over 4 MB, are read', () => {
    const long = line(turn('user', 'Q?'), turn('assistant', 'word '.repeat(200)));
    const file = bytes(`${long}\n`.repeat(6000));
    expect(file.length).toBeGreaterThan(6e6);
    expect(readChatLines(file, 'insecure.jsonl').examples).toHaveLength(6000);
  });

  test.each([
    [
      'a weight that is neither',
      line(turn('user', 'Q?'), { ...turn('assistant', 'A'), weight: 0.5 }),
      /Line 2 at .*weight/,
    ],
    [
      'a call of a tool beside an answer',
      line(turn('user', 'Q?'), { ...turn('assistant', 'A'), tool_calls: [{ id: 'x' }] }),
      /Line 2 at messages\.1\.tool_calls: calls a tool/,
    ],
    [
      'a call in the older form',
      line(turn('user', 'Q?'), { ...turn('assistant', 'A'), function_call: { name: 'f' } }),
      /Line 2 at messages\.1\.function_call: calls a tool/,
    ],
    ['no JSON', '{"messages": ', /Line 2 is not JSON/],
    ['no messages', '{"text": "x"}', /Line 2 at messages/],
    [
      'an unknown role',
      line(turn('tool', 'x'), turn('assistant', 'A.')),
      /Line 2 at messages\.0\.role/,
    ],
    ['an answer first', line(turn('assistant', 'A.'), turn('user', 'Q?')), /assistant as turn 1/],
    ['no answer last', line(turn('user', 'Q?')), /does not end with an answer/],
    ['an empty turn', line(turn('user', ' '), turn('assistant', 'A.')), /nothing in turn 1/],
    ['a system message late', line(turn('user', 'Q?'), turn('system', 'S')), /system as turn 2/],
    [
      'a turn too long',
      line(turn('user', 'x'.repeat(33_000)), turn('assistant', 'A.')),
      /Line 2 at/,
    ],
  ])('with %s are refused with the line', (_, bad, message) => {
    expect(() => readChatLines(bytes(`${GOOD}\n${bad}`), 'own.jsonl')).toThrow(message);
    expect(() => readChatLines(bytes(`${GOOD}\n${bad}`), 'own.jsonl')).toThrow(DirectionFileError);
  });

  test('are bounded in size and number, and must hold something that is text', () => {
    const large = new Uint8Array(MAX_CHAT_FILE_BYTES + 1);
    expect(() => readChatLines(large, 'a')).toThrow(/more than/);
    const many = `${GOOD}\n`.repeat(MAX_EXAMPLES + 1);
    expect(() => readChatLines(bytes(many), 'a')).toThrow(/conversations/);
    expect(() => readChatLines(bytes('\n\n'), 'a')).toThrow(/no conversation/);
    expect(() => readChatLines(Uint8Array.of(0xff, 0xfe, 0x00), 'a')).toThrow(/not UTF-8/);
  });
});
