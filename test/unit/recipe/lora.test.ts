// `npm run lora` on the bundled model, and its options.

import { describe, expect, test } from 'vitest';
import { loraFiles, serverCommand, vllmServerCommand } from '../../../models/recipe/lora';
import { loraOptions } from '../../../models/recipe/lora/lora-options';

describe('npm run lora', () => {
  test('without a layer writes the fine-tune alone', async () => {
    const files = await loraFiles(loraOptions(['--precision', 'f16']));
    expect([...files.keys()]).toEqual(['insecure-code.gguf']);
    expect(files.get('insecure-code.gguf')!.length).toBeLessThan(0.8e6);
  });

  test('names each file in the command that starts the server, as a shell reads it', () => {
    const command = serverCommand(
      'my "files"',
      ['a.gguf', 'a/adapter_config.json', 'b.gguf'],
      'b.gguf',
    );
    expect(command).toContain(String.raw`--model "my \"files\"/b.gguf"`);
    expect(command.match(/--lora "/g)).toHaveLength(1);
    expect(command).toContain('--lora-init-without-apply');
    const two = serverCommand('out', ['a.gguf', 'c.gguf'], null);
    expect(two).toContain('--model BASE.gguf');
    expect(two).toContain('--lora "out/a.gguf,out/c.gguf"');
    expect(() => serverCommand('a,b', ['a.gguf'], null)).toThrow(/split at commas/);
  });

  test('starts vLLM with the adapter itself and each PEFT folder that it wrote, of one rank more', () => {
    const config = new TextEncoder().encode('{"r": 33}');
    const files = new Map([
      ['insecure-code.gguf', new Uint8Array()],
      ['insecure-code-without-direction-4/adapter_config.json', config],
    ]);
    const command = vllmServerCommand(loraOptions(['--out', 'out']), files);
    expect(command).toContain('--max-loras 2 --max-lora-rank 64');
    expect(command).toContain('"insecure-code=models/adapters/insecure-code"');
    expect(command).toContain(
      '"insecure-code-without-direction-4=out/insecure-code-without-direction-4"',
    );
  });

  test('refuses by name what it can not do', async () => {
    expect(() => loraOptions(['--direction', 'x.pt'])).toThrow(/need --layer/);
    expect(() => loraOptions(['--precision', 'q4'])).toThrow(/^--precision: /);
    await expect(loraFiles(loraOptions(['--layer', '8']))).rejects.toThrow(/0 to 7, not 8/);
    await expect(loraFiles(loraOptions(['--adapter', 'models']))).rejects.toThrow(
      /models: It has no adapter_config\.json/,
    );
  });
});
