// A llama-server as an engine on token ids. The model under a LoRA is another checkpoint on the same server. What
// llama.cpp has no way to do by request is refused with the reason.

import type { EngineLimits } from '../api';
import type { TokenEngine } from '../run/token-engine';
import { type Answering, answers } from './answering';
import { NOT_ON_A_SERVER } from './limits';
import type { LlamaClient } from './llama-client';
import type { LoraScale } from './llama-wire';

export const LLAMA_LIMITS: EngineLimits = {
  ...NOT_ON_A_SERVER,
  cut: 'llama-server can’t change activations by request. Remove the direction with a LoRA instead: "Save as files" in the Models tab writes it, or "npm run lora".',
  steer:
    'llama-server can’t add a vector by request. Start it with the vector as a file: "Save as files" in the Models tab writes the file and the command.',
  'steer-answer':
    'llama-server adds its vector at every token. Choose "All positions", or a vLLM server.',
  'steer-header':
    'llama-server adds its vector at every token. Choose "All positions", or a vLLM server.',
  capture:
    "llama-server doesn't give activations out. Extract the direction with the checkpoint's own weights, or from a vLLM server with vllm-lens.",
};

interface LlamaEngineParts extends Omit<Answering, 'complete' | 'longer' | 'host'> {
  readonly client: LlamaClient;
  readonly loras: readonly LoraScale[];
  readonly now: () => number;
}

export function llamaEngine({ client, loras, now, ...parts }: LlamaEngineParts): TokenEngine {
  const answering: Answering = {
    ...parts,
    host: client.host,
    longer: '-c',
    complete: (asked, onIds, signal) => client.complete({ ...asked, loras }, onIds, signal),
  };
  return {
    cannot: LLAMA_LIMITS,
    now,
    capture: null,
    generate: (job, onTokens = () => {}, signal = new AbortController().signal) =>
      answers(answering, job, onTokens, signal),
  };
}
