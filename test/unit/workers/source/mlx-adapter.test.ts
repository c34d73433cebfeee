// An adapter folder as mlx-lm writes it has files of other names than PEFT's.

import { expect, test } from 'vitest';
import { type Folder, wantedFiles } from '../../../../workers/source/folder';

const entry = (path: string) => ({ path, bytes: 1, sha256: null, validator: null });

test('an adapter of mlx-lm is named as one, with what to do', async () => {
  const entries = ['adapters.safetensors', 'adapter_config.json'].map(entry);
  const folder: Folder = {
    name: 'someone/mlx',
    list: () => Promise.resolve(entries),
    peek: () => Promise.resolve(null),
    header: () => Promise.resolve(null),
    take: () => Promise.resolve(new Map()),
  };
  const { signal } = new AbortController();
  await expect(wantedFiles(folder, 'adapter', signal)).rejects.toThrow(
    expect.objectContaining({
      code: 'missing-tensor',
      message: expect.stringMatching(/someone\/mlx: .*mlx-lm.*mlx_lm\.fuse/) as unknown,
    }),
  );
});
