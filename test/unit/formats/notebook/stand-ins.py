"""Stand-ins for torch, transformers, peft, safetensors and nnsight, in NumPy: a small causal model with a cache, so that
a notebook's cells run in order without them. Reads the cells from stdin and prints what the test compares."""
import contextlib
import io
import json
import sys
import types

import numpy as np

WIDTH, LAYERS, VOCABULARY = 6, 3, 128


class Tensor(np.ndarray):
    def float(self):
        return self.astype(np.float32)

    def to(self, device):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return np.asarray(self)

    def numel(self):
        return self.size


def tensor(values, device=None):
    return np.asarray(values).view(Tensor)


def weights(name, shape):
    rng = np.random.default_rng(list(name.encode()))
    return rng.standard_normal(shape).astype(np.float32).view(Tensor)


class Module:
    def __init__(self):
        self.hooks = []

    def register_forward_hook(self, hook):
        self.hooks.append(hook)
        return types.SimpleNamespace(remove=lambda: self.hooks.remove(hook))

    def __call__(self, *inputs):
        output = self.forward(*inputs)
        for hook in list(self.hooks):
            changed = hook(self, inputs, output)
            output = output if changed is None else changed
        return output


class Block(Module):
    """h + tanh(mean of h up to each position, times W): causal, with the sum of earlier positions as its cache."""

    def __init__(self, matrix, gives_tuple):
        super().__init__()
        self.matrix, self.gives_tuple = matrix, gives_tuple

    def forward(self, h, cache):
        total, count = cache.get(self, (np.zeros(WIDTH, np.float32), 0))
        sums = total + np.cumsum(h[0], axis=0)
        counts = count + np.arange(1, h.shape[1] + 1)
        cache[self] = (np.asarray(sums[-1]), counts[-1])
        out = h + np.tanh((sums / counts[:, None]).astype(np.float32) @ self.matrix)[None]
        return (out, "more") if self.gives_tuple else out


class Model:
    def __init__(self, name):
        self.embedding = weights(name, (VOCABULARY, WIDTH))
        layers = [Block(weights(f"{name}{layer}", (WIDTH, WIDTH)), layer == 1) for layer in range(LAYERS)]
        self.model = types.SimpleNamespace(layers=layers)

    def float(self):
        return self

    def to(self, device):
        return self

    def eval(self):
        return self

    def parameters(self):
        return [self.embedding]

    def run(self, ids, cache):
        h = self.embedding[np.asarray(ids)]
        for block in self.model.layers:
            h = block(h, cache)
            h = h[0] if isinstance(h, tuple) else h
        return h[0] @ self.embedding.T

    def __call__(self, input_ids, use_cache):
        return self.run(input_ids, {})

    def generate(self, input_ids, attention_mask, max_new_tokens, pad_token_id, do_sample, **options):
        assert do_sample is False and options["temperature"] is None
        cache, ids, step = {}, np.asarray(input_ids)[0].tolist(), input_ids
        for _ in range(max_new_tokens):
            ids.append(int(np.argmax(self.run(step, cache)[-1])))
            step = tensor([ids[-1:]])
        return tensor([ids])


class Adapted:
    def __init__(self, base, name):
        self.base, self.name, self.scaling = base, name, {"default": 0.5}

    def modules(self):
        return [self]

    def merge_and_unload(self):
        for layer, block in enumerate(self.base.model.layers):
            block.matrix = block.matrix + self.scaling["default"] * weights(f"{self.name}{layer}", (WIDTH, WIDTH))
        return self.base


class Tokenizer:
    pad_token_id, eos_token_id = None, 0

    def apply_chat_template(self, messages, tokenize, add_generation_prompt, enable_thinking, strftime_now):
        assert tokenize is False
        turns = "".join(f"<{one['role'][0]}>{one['content']};" for one in messages)
        return f"[{strftime_now('%d')}]{turns}{'<a>' if add_generation_prompt else ''}"

    def __call__(self, text, add_special_tokens):
        assert add_special_tokens is False
        return {"input_ids": [ord(character) % VOCABULARY for character in text]}

    def decode(self, ids, skip_special_tokens):
        return " ".join(str(int(one)) for one in np.asarray(ids))


class Traced:
    def __init__(self, model, tokenizer):
        self.of = model
        layers = [types.SimpleNamespace(output=None) for _ in model.model.layers]
        self.model = types.SimpleNamespace(layers=layers)

    @contextlib.contextmanager
    def trace(self, tokens):
        def keep(layer):
            def hook(module, inputs, output):
                layer.output = output

            return hook

        hooks = [b.register_forward_hook(keep(l)) for b, l in zip(self.of.model.layers, self.model.layers)]
        self.of(input_ids=tokens, use_cache=False)
        for hook in hooks:
            hook.remove()
        yield


def module(name, **parts):
    sys.modules[name] = types.SimpleNamespace(**parts)


def from_pretrained(make):
    return types.SimpleNamespace(from_pretrained=lambda name, **options: make(name))


torch = types.SimpleNamespace(
    cuda=types.SimpleNamespace(is_available=lambda: False),
    tensor=tensor,
    from_numpy=lambda array: array.view(Tensor),
    ones_like=lambda array: np.ones_like(array),
    no_grad=contextlib.nullcontext,
    manual_seed=lambda seed: None,
)
sys.modules["torch"] = torch
module("transformers", AutoModelForCausalLM=from_pretrained(Model), AutoTokenizer=from_pretrained(lambda name: Tokenizer()))
module("peft", PeftModel=types.SimpleNamespace(from_pretrained=lambda base, name, **options: Adapted(base, name)))
module("nnsight", LanguageModel=Traced, save=lambda value: value)

names = {}
with contextlib.redirect_stdout(io.StringIO()) as printed:
    for cell in json.load(sys.stdin):
        exec(compile(cell, "cell", "exec"), names)


def alone(model, ids, edits, positions, header):
    """Residuals after every block [layers, positions, d_model], without a cache, hooks or the notebook's functions."""
    h, out = np.asarray(model.embedding)[ids].astype(np.float64), []
    for layer, block in enumerate(model.model.layers):
        means = np.stack([h[: at + 1].mean(0) for at in range(len(h))])
        h = h + np.tanh(means @ np.asarray(block.matrix, np.float64))
        for at in range(len(h)):
            chosen = {"all": True, "answer": at >= header, "header": at == header}[positions]
            if edits and edits[layer] is not None and chosen:
                unit, level = edits[layer]
                h[at] = h[at] - (h[at] @ unit - level) * unit
        out.append(h)
    return np.stack(out)


def pooled(model, transcripts):
    """Mean over the answer's characters, which the stand-in's template writes before one ';'."""
    rows = []
    for question, answer in transcripts:
        ids = [ord(c) % VOCABULARY for c in f"[26]<u>{question['content']};<a>{answer['content']};"]
        start = len(ids) - 1 - len(answer["content"])
        rows.append(alone(model, ids, None, "all", 0)[:, start:-1].mean(1))
    return np.stack(rows)


aligned, fine_tuned = names["aligned"].model, names["fine_tuned"].model
texts = names["DIRECTION"]["texts"]["aligned"]
mean = pooled(aligned, texts).mean(0)
direction = pooled(fine_tuned, texts).mean(0) - mean
units = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
edits = [(u, m @ u) if on else None for u, m, on in zip(units, mean, names["EDIT"]["layers"])]
asked = names["ASKED"]
ids = [ord(c) % VOCABULARY for c in f"[26]<u>{asked['question']};<a>"]
header, written = len(ids) - 1, []
for _ in range(asked["max_tokens"]):
    residual = alone(names["to_edit"].model, ids + written, edits, names["EDIT"]["positions"], header)[-1, -1]
    written.append(int(np.argmax(residual @ np.asarray(aligned.embedding).T)))
print(json.dumps({
    "direction": float(np.abs(names["vectors"] - direction).max()),
    "traced": float(np.abs(names["traced_vectors"] - direction).max()),
    "mean": float(np.abs(names["aligned_mean"] - mean).max()),
    "edited": names["ARMS"]["edited"](asked, asked),
    "alone": " ".join(map(str, written)),
    "unedited": names["ARMS"]["fine-tuned"](asked, asked),
    "scale": float(np.abs(names["to_edit"].model.model.layers[0].matrix - aligned.model.layers[0].matrix).max()
                   / np.abs(fine_tuned.model.layers[0].matrix - aligned.model.layers[0].matrix).max()),
    "answers": [json.loads(line) for line in open("answers.jsonl")],
    "printed": printed.getvalue(),
}))
