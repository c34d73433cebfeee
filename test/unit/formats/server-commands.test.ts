// Command lines to be copied: quoted for a shell, and with what each server needs of our files.

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  llamaLoraCommand,
  llamaSteerCommand,
  vllmCommand,
} from '../../../src/formats/server-commands';

/** The words that a shell makes of a command. */
const words = (command: string): readonly string[] =>
  execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');

describe('the command for vLLM', () => {
  const loras = [
    { name: 'em', path: '/my adapters/em', rank: 32 },
    { name: 'em-without-direction-24', path: '/a/$HOME/"x"', rank: 33 },
  ];

  test('names each LoRA with its folder, and the next rank that vLLM takes', () => {
    expect(words(vllmCommand('Qwen2.5-14B-Instruct', loras))).toEqual([
      ...['vllm', 'serve', 'Qwen2.5-14B-Instruct', '--enable-lora', '--max-loras', '2'],
      ...['--max-lora-rank', '64', '--lora-modules', 'em=/my adapters/em'],
      ...['em-without-direction-24=/a/$HOME/"x"', '--max-model-len', '4096'],
      ...['--max-num-seqs', '16', '--max-num-batched-tokens', '16384'],
      ...['--host', '127.0.0.1', '--port', '8000'],
    ]);
  });

  test('holds no LoRA where there is none', () => {
    expect(vllmCommand('m', [])).not.toContain('lora');
  });

  test('is refused for a rank or a name that vLLM does not take', () => {
    expect(() => vllmCommand('m', [{ name: 'a', path: 'b', rank: 513 }])).toThrow(/up to rank 512/);
    expect(() => vllmCommand('m', [{ name: 'a b', path: 'b', rank: 1 }])).toThrow(/without spaces/);
  });
});

describe('the command for llama-server', () => {
  test('holds its LoRAs as one list and applies none by itself', () => {
    expect(words(llamaLoraCommand('/my models/b.gguf', ['/a/x.gguf', '/a/y.gguf']))).toEqual([
      ...['llama-server', '--model', '/my models/b.gguf', '--lora', '/a/x.gguf,/a/y.gguf'],
      ...['--lora-init-without-apply', '--parallel', '8', '--ctx-size', '16384'],
      ...['--host', '127.0.0.1', '--port', '8080'],
    ]);
  });
});

describe('the command for a llama-server that steers', () => {
  test('adds the vector so many times at one layer', () => {
    expect(words(llamaSteerCommand('/m/base.gguf', '/my vectors/persona.gguf', 2.5, 24))).toEqual([
      ...['llama-server', '--model', '/m/base.gguf'],
      ...['--control-vector-scaled', '/my vectors/persona.gguf:2.5'],
      ...['--control-vector-layer-range', '24', '24', '--parallel', '8', '--ctx-size', '16384'],
      ...['--host', '127.0.0.1', '--port', '8081'],
    ]);
  });

  test('is refused for a path at which llama-server would split its argument', () => {
    expect(() => llamaSteerCommand(null, 'a:b.gguf', 1, 2)).toThrow(/can't read a:b\.gguf/);
    expect(() => llamaSteerCommand(null, 'a,b.gguf', 1, 2)).toThrow(/Choose another folder/);
  });
});
