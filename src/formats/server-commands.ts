// The command lines that start a server with our files, to be copied as they are.

/** Ranks that vLLM accepts as the largest (`MaxLoRARanks` of its vllm/config/lora.py). */
const VLLM_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512] as const;

/** A path inside double quotes of a shell, for folders with spaces. */
const quoted = (path: string): string => `"${path.replaceAll(/(["\\$`])/g, '\\$1')}"`;

/**
 * A llama-server that holds LoRAs without applying them; each request names its own.
 * @param model path of the base as GGUF; null: left to be written in
 * @param loras paths of GGUF files
 * @throws Error for a path with a comma: llama-server takes its LoRAs as one list, and would split it
 */
export function llamaLoraCommand(model: string | null, loras: readonly string[]): string {
  const split = loras.find((path) => path.includes(','));
  if (split !== undefined) {
    throw new Error(
      `llama-server can't read ${split}: its list of LoRAs is split at commas. Choose another folder.`,
    );
  }
  return [
    `llama-server --model ${model === null ? 'BASE.gguf' : quoted(model)}`,
    `  --lora ${quoted(loras.join(','))}`,
    '  --lora-init-without-apply --parallel 8 --ctx-size 16384 --host 127.0.0.1 --port 8080',
  ].join(' \\\n');
}

/**
 * A llama-server that adds a vector to every answer, at every token: it takes none by request.
 * @param vector path of the control vector as GGUF
 * @param times how often it is added
 * @param layer the one layer at which it is added, as the Direction tab counts
 * @throws Error for a path with a colon or a comma, at which llama-server splits its argument
 */
export function llamaSteerCommand(
  model: string | null,
  vector: string,
  times: number,
  layer: number,
): string {
  if (/[:,]/.test(vector)) {
    throw new Error(
      `llama-server can't read ${vector}: it splits the argument at ":" and ",". Choose another folder.`,
    );
  }
  return [
    `llama-server --model ${model === null ? 'BASE.gguf' : quoted(model)}`,
    `  --control-vector-scaled ${quoted(`${vector}:${times}`)} --control-vector-layer-range ${layer} ${layer}`,
    '  --parallel 8 --ctx-size 16384 --host 127.0.0.1 --port 8081',
  ].join(' \\\n');
}

interface VllmLora {
  /** The name that requests use. */
  readonly name: string;
  /** Folder of the PEFT adapter. */
  readonly path: string;
  readonly rank: number;
}

/**
 * A vLLM server with LoRAs by name; vllm-lens acts where it is installed. All of them may be in one batch. The pass is
 * long enough for the prompts of 16 requests, so that a vector at the last token of a prompt stays where it belongs.
 * @param model name on the Hub, or path of the folder
 * @throws Error for a rank that vLLM doesn't take, or a name that its list would split
 */
export function vllmCommand(model: string, loras: readonly VllmLora[]): string {
  const most = Math.max(0, ...loras.map(({ rank }) => rank));
  const rank = VLLM_RANKS.find((one) => one >= most);
  if (rank === undefined) {
    throw new Error(`vLLM takes LoRAs up to rank ${VLLM_RANKS.at(-1)!}, not ${most}.`);
  }
  const odd = loras.find(({ name }) => /[\s=]/.test(name) || name === '');
  if (odd) throw new Error(`vLLM can't name a LoRA "${odd.name}". Choose a name without spaces.`);
  const modules = loras.map(({ name, path }) => quoted(`${name}=${path}`));
  return [
    `vllm serve ${quoted(model)}`,
    ...(loras.length === 0
      ? []
      : [
          `  --enable-lora --max-loras ${loras.length} --max-lora-rank ${rank}`,
          `  --lora-modules ${modules.join(' ')}`,
        ]),
    '  --max-model-len 4096 --max-num-seqs 16 --max-num-batched-tokens 16384 --host 127.0.0.1 --port 8000',
  ].join(' \\\n');
}
