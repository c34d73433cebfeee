// An adapter folder as mlx-lm writes it has files of other names than PEFT's.

import { expect, test } from 'vitest';
import { wantedFiles } from '../../../../workers/source/folder';

const entry = (path: string) => ({ path, bytes: 1, sha256: null, validator: null });

test('an adapter of mlx-lm is named as one, with what to do', () => {
  const entries = ['adapters.safetensors', 'adapter_config.json'].map(entry);
  expect(() => wantedFiles(entries, 'adapter', 'someone/mlx')).toThrow(
    expect.objectContaining({
      code: 'missing-tensor',
      message: expect.stringMatching(/someone\/mlx: .*mlx-lm.*mlx_lm\.fuse/) as unknown,
    }),
  );
});
