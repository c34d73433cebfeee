// llama.cpp itself in this process, through the binding of the package node-llama-cpp: a prebuilt library, put into
// `.cache` at its exact version and no dependency of the project (with its graphics back ends it would weigh gigabytes).
// It answers behind the wire of a llama-server, so that our own engine for one asks it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CompletionBody, LlamaAnswer } from '../stand-ins/llama-server';

const VERSION = '3.22.1';
const FOLDER = resolve(import.meta.dirname, `../../.cache/node-llama-cpp-${VERSION}`);
/** The prebuilt library without a graphics card, by system and processor. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
};

/** The part of the package that is used. */
interface Package {
  getLlama(
    this: void,
    options: object,
  ): Promise<{
    loadModel(options: { modelPath: string }): Promise<Model>;
    dispose(): Promise<void>;
  }>;
}
interface Model {
  createContext(options: object): Promise<{
    getSequence(): {
      evaluate(ids: readonly number[], options: object): AsyncGenerator<number>;
      clearHistory(): Promise<void>;
    };
    dispose(): Promise<void>;
  }>;
}

/** Puts the package there where it is not. @throws Error where npm can't. */
function install(): void {
  const name = LIBRARIES[`${process.platform}-${process.arch}`];
  if (name === undefined) {
    throw new Error(`No library of llama.cpp is built for ${process.platform}-${process.arch}.`);
  }
  const done = join(FOLDER, 'complete');
  if (existsSync(done)) return;
  rmSync(FOLDER, { recursive: true, force: true });
  const library = join(FOLDER, 'node_modules', '@node-llama-cpp', name);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), '{"private":true}\n');
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { cwd: FOLDER, encoding: 'utf8' });
  // Without its optional packages, or one library for each graphics card comes along.
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional', '--silent'];
  run('npm', 'install', ...quiet, `node-llama-cpp@${VERSION}`);
  const packed = run('npm', 'pack', '--silent', `@node-llama-cpp/${name}@${VERSION}`).trim();
  mkdirSync(library, { recursive: true });
  run('tar', 'xzf', packed, '-C', library, '--strip-components=1');
  rmSync(join(FOLDER, packed));
  writeFileSync(done, '');
}

export interface LlamaLibrary {
  /** Answers at temperature 0. @throws Error where a body asks for draws, which are the program's own. */
  answer(body: CompletionBody): Promise<LlamaAnswer>;
  release(): Promise<void>;
}

/**
 * @param model path of a GGUF model
 * @param loras paths of GGUF LoRAs, by the ids of the requests
 */
export async function llamaLibrary(
  model: string,
  loras: readonly string[],
  endIds: readonly number[],
): Promise<LlamaLibrary> {
  install();
  const entry = pathToFileURL(join(FOLDER, 'node_modules', 'node-llama-cpp', 'dist', 'index.js'));
  const { getLlama } = (await import(entry.href)) as Package;
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    logLevel: 'error',
    maxThreads: 1,
  });
  const loaded = await llama.loadModel({ modelPath: model });
  const sequenceOf = async (adapters: readonly { filePath: string; scale: number }[]) => {
    const options = { contextSize: 512, sequences: 1, lora: { adapters } };
    return (await loaded.createContext(options)).getSequence();
  };
  const sequences = new Map<string, ReturnType<typeof sequenceOf>>();
  /** One sequence answers one question at a time. */
  let turn: Promise<unknown> = Promise.resolve();

  async function answer({ prompt, n_predict, temperature, lora = [] }: CompletionBody) {
    if (temperature !== 0) throw new Error('The library is asked for greedy answers alone.');
    const used = lora
      .filter(({ scale }) => scale !== 0)
      .map(({ id, scale }) => ({ filePath: loras[id]!, scale }));
    const key = JSON.stringify(used);
    if (!sequences.has(key)) sequences.set(key, sequenceOf(used));
    const sequence = await sequences.get(key)!;
    await sequence.clearHistory();
    const ids: number[] = [];
    for await (const id of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
      if (endIds.includes(id)) return { ids, end: id };
      ids.push(id);
      if (ids.length >= n_predict) break;
    }
    return { ids, end: null };
  }

  return {
    answer: (body) => {
      const result = turn.then(() => answer(body));
      turn = result.catch(() => {});
      return result;
    },
    release: () => llama.dispose(),
  };
}
