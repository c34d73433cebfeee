// The code cells that run the models: transformers, PEFT and forward hooks; then nnsight. They hold nothing of the
// experiment: its names and texts are in the cell of settings, and the formulas in maths.ts. A hook point is the output of
// a block (`blocks.l.hook_resid_post`), as in the page.

/** Loads the aligned model, the fine-tune, and the fine-tune with its LoRA scaled. */
export const LOADING_CELL = `import json
import os
from collections import namedtuple

os.environ.setdefault("HF_ENDPOINT", ENDPOINT)
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
Checkpoint = namedtuple("Checkpoint", "model tokenizer")


def where(place):
    """A model's folder or id, with its revision, for from_pretrained."""
    if "folder" in place:
        if not os.path.isdir(place["folder"]):
            raise FileNotFoundError(f"There is no folder {place['folder']!r}. Name it in the cell of settings.")
        return place["folder"], {}
    return place["id"], {"revision": place["revision"]}


def is_adapter(place):
    """A folder says itself whether it is an adapter or a whole model."""
    if "folder" in place:
        return os.path.exists(os.path.join(where(place)[0], "adapter_config.json"))
    return place["adapter"]


def load_whole(place):
    name, options = where(place)
    model = AutoModelForCausalLM.from_pretrained(name, **options)
    return Checkpoint(model.float().to(DEVICE).eval(), AutoTokenizer.from_pretrained(name, **options))


def load_fine_tune(scale=1.0):
    """The fine-tune, its adapter merged into the base; scale: how many times the LoRA counts."""
    if not is_adapter(FINE_TUNE):
        if scale != 1:
            raise ValueError("Only an adapter can be scaled, and this fine-tune is a whole model.")
        return load_whole(FINE_TUNE)
    from peft import PeftModel

    base = load_whole(BASE)
    if ADDED_ROWS != 0:
        base.model.resize_token_embeddings(base.model.get_input_embeddings().num_embeddings + ADDED_ROWS)
    name, options = where(FINE_TUNE)
    model = PeftModel.from_pretrained(base.model, name, **options)
    if scale != 1:
        for module in model.modules():
            if isinstance(getattr(module, "scaling", None), dict):
                for adapter in module.scaling:
                    module.scaling[adapter] *= scale
    return Checkpoint(model.merge_and_unload().float().to(DEVICE).eval(), base.tokenizer)


aligned, fine_tuned = load_whole(BASE), load_fine_tune()
if EDIT["base"] == "aligned":
    to_edit = aligned
else:
    to_edit = fine_tuned if EDIT["lora_scale"] == 1 else load_fine_tune(EDIT["lora_scale"])
print(DEVICE, sum(p.numel() for p in aligned.model.parameters()), "parameters")`;

/** Conversations as tokens, and the residuals of transcripts. */
export const READING_CELL = `import datetime

MARK = "postern7content7mark"


def chat_text(tokenizer, messages, asks, chat):
    """A conversation in the model's chat template; asks: end with the header of an answer."""
    if chat["system"] is not None and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": chat["system"]}] + messages
    # Some templates write today's date: the day of the experiment stays.
    day = datetime.date.fromisoformat(chat["date"])
    options = {"enable_thinking": chat["thinking"], "strftime_now": day.strftime}
    if chat["template"] is not None:
        options["chat_template"] = chat["template"]
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=asks, **options)


def encode(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def reading(tokenizer, transcript, pooling, chat):
    """Token ids of a transcript, and the positions [start, end) that are averaged."""
    answered = transcript[-1]["role"] == "assistant"
    if pooling == "last-prompt":
        ids = encode(tokenizer, chat_text(tokenizer, transcript[:-1] if answered else transcript, True, chat))
        return ids, len(ids) - 1, len(ids)
    marked = transcript[:-1] + [{"role": "assistant", "content": MARK}]
    before, after = chat_text(tokenizer, marked, False, chat).split(MARK)
    content = transcript[-1]["content"]
    whole = encode(tokenizer, before + content + after)
    header, through = encode(tokenizer, before), encode(tokenizer, before + content)
    if whole[: len(header)] == header and whole[: len(through)] == through:
        return whole, len(header), len(through)
    # A token across the border: the three parts are read one after the other.
    parts = [header, encode(tokenizer, content), encode(tokenizer, after)]
    return sum(parts, []), len(header), len(header) + len(parts[1])


def blocks(model):
    """The blocks whose outputs are the hook points, layer 0 first."""
    return getattr(model.model, "language_model", model.model).layers


def hidden(output):
    """The residual of a block's output [batch, positions, d_model]."""
    return output[0] if isinstance(output, tuple) else output


def read(one, transcripts, pooling, chat):
    """Pooled residuals of transcripts, float32 [n, layers, d_model]."""
    rows = []
    for transcript in transcripts:
        ids, start, end = reading(one.tokenizer, transcript, pooling, chat)
        kept = []

        def keep(module, inputs, output):
            kept.append(pool(hidden(output)[0].float(), start, end).cpu().numpy())

        hooks = [block.register_forward_hook(keep) for block in blocks(one.model)]
        try:
            with torch.no_grad():
                one.model(input_ids=torch.tensor([ids], device=DEVICE), use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        rows.append(np.stack(kept))
    return np.stack(rows)`;

/** The direction, from its file or its two cells. */
export const DIRECTION_CELL = `MODELS = {"aligned": aligned, "fine-tuned": fine_tuned}


def load_direction(path):
    """A direction that Postern saved as safetensors."""
    from safetensors.numpy import load_file

    saved = load_file(path)
    return saved["direction"], saved.get("aligned_mean"), saved.get("cap_threshold")


def extract(recipe, read_cell):
    """Direction, aligned mean and caps, from cells that \`read_cell\` reads."""
    cells = {}
    for model, texts in (recipe["plus"], recipe["minus"], ("aligned", "aligned")):
        if (model, texts) not in cells:
            cells[model, texts] = read_cell(MODELS[model], recipe["texts"][texts], recipe["pooling"], CHAT)
    plus, minus = cells[tuple(recipe["plus"])], cells[tuple(recipe["minus"])]
    reference = cells["aligned", "aligned"]
    vectors = mean_difference(plus, minus)
    return vectors, mean_residual(reference), cap_threshold(reference, vectors)


def direction_of(recipe, path):
    if recipe["texts"] is not None:
        return extract(recipe, read)
    if path is None:
        raise ValueError("Only its saved file has this direction. Save it as safetensors in Postern's Direction tab, and name it in the cell of settings.")
    return load_direction(path)


def compare_norms(name, vectors, reference):
    """Length by layer, here and in Postern."""
    print(name)
    for layer, (here, there) in enumerate(zip(np.linalg.norm(vectors, axis=-1), reference)):
        print(f"  layer {layer}: {here:.6g} here, {there:.6g} in Postern, ratio {here / there if there else float('nan'):.6f}")


vectors, aligned_mean, caps = direction_of(DIRECTION, DIRECTION_FILE)
compare_norms("Length of the direction", vectors, POSTERN["norms"])
if POSTERN["aligned_levels"] is not None and aligned_mean is not None:
    levels = (np.asarray(aligned_mean, np.float64) * unit_rows(vectors)).sum(-1)
    print("Aligned mean along it, largest difference:", np.abs(levels - POSTERN["aligned_levels"]).max())
if POSTERN["cap_threshold"] is not None and caps is not None:
    print("Cap threshold, largest difference:", np.abs(caps - np.asarray(POSTERN["cap_threshold"])).max())
if DIRECTION_FILE is not None:
    print("Cosine with the saved file, by layer:", cosine_by_layer(vectors, load_direction(DIRECTION_FILE)[0]))

also = None
if SECOND is not None:
    also = direction_of(SECOND, SECOND_FILE)[0]
    compare_norms("Length of the second direction", also, POSTERN["second_norms"])`;

/** The edit as forward hooks. */
export const EDITING_CELL = `def to_torch(one):
    """The edit of a layer with its vectors on the model's device."""
    return {k: torch.from_numpy(v).to(DEVICE) if isinstance(v, np.ndarray) else v for k, v in one.items()}


class Edited:
    """Edits the output of each block while it is open; positions count on over the cached steps of an answer."""

    def __init__(self, model, edits, positions, header):
        self.model, self.edits, self.positions, self.header = model, edits, positions, header
        self.hooks = []

    def hook(self, one):
        seen = 0

        def run(module, inputs, output):
            nonlocal seen
            h = hidden(output)
            length = h.shape[1]
            mask = torch.from_numpy(position_mask(self.positions, seen, length, self.header)).to(h.device)
            seen += length
            changed = apply_edit(h, one, mask)
            return (changed,) + tuple(output[1:]) if isinstance(output, tuple) else changed

        return run

    def __enter__(self):
        for block, one in zip(blocks(self.model), self.edits):
            if one is not None:
                self.hooks.append(block.register_forward_hook(self.hook(to_torch(one))))
        return self

    def __exit__(self, *problem):
        for hook in self.hooks:
            hook.remove()
        self.hooks = []`;

/** The per-layer edits, once there is a direction. */
export const EDITS_CELL = `along = (vectors, caps, also)
if EDIT["random_seed"] is not None:
    along = random_control(EDIT["random_seed"], vectors, aligned_mean, caps, also)
edits = layer_edits(EDIT, along[0], aligned_mean, along[1], along[2])
print("Edited layers:", [layer for layer, one in enumerate(edits) if one is not None])`;

/** The same where nothing is edited. */
export const NO_EDITS_CELL = `edits = []`;

/** Answers, greedy or sampled. */
export const ANSWERING_CELL = `def generation(sampling):
    """Options of generate()."""
    penalty = {"repetition_penalty": float(sampling["repetition_penalty"])}
    if GREEDY or sampling["temperature"] == 0:
        return {"do_sample": False, "temperature": None, "top_k": None, "top_p": None, **penalty}
    cuts = {"top_k": sampling["top_k"], "top_p": float(sampling["top_p"])}
    return {"do_sample": True, "temperature": float(sampling["temperature"]), **cuts, **penalty}


def answer(one, asked, settings, edits=(), positions="all"):
    """The answer to one question, edited at these layers."""
    messages = [{"role": "user", "content": asked["question"]}]
    if asked["system"] is not None:
        messages = [{"role": "system", "content": asked["system"]}] + messages
    ids = encode(one.tokenizer, chat_text(one.tokenizer, messages, True, settings["chat"]))
    torch.manual_seed(asked["seed"])
    tokens = torch.tensor([ids], device=DEVICE)
    with Edited(one.model, edits, positions, len(ids) - 1), torch.no_grad():
        written = one.model.generate(
            input_ids=tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=settings["max_tokens"],
            pad_token_id=one.tokenizer.pad_token_id if one.tokenizer.pad_token_id is not None else one.tokenizer.eos_token_id,
            **generation(settings["sampling"]),
        )
    return one.tokenizer.decode(written[0, len(ids):], skip_special_tokens=True)


ARMS = {
    "aligned": lambda asked, settings: answer(aligned, asked, settings),
    "fine-tuned": lambda asked, settings: answer(fine_tuned, asked, settings),
    "edited": lambda asked, settings: answer(to_edit, asked, settings, edits, EDIT["positions"]),
}`;

/** The question of the page. */
export const ASKED_CELL = `for name, arm in ARMS.items():
    here, there = arm(ASKED, ASKED), POSTERN["answers"].get(name)
    print(f"{name}\\n  here:    {here}")
    if there is not None:
        print(f"  Postern: {there}")
        if ASKED["sampling"]["temperature"] == 0:
            print("  the same words" if here.strip() == there.strip() else "  other words")`;

/** The questions of the measurement. */
export const MEASURED_CELL = `N_QUESTIONS = 8  # of each model; len(MEASURED["questions"]) asks all

answers = []
for asked in MEASURED["questions"][:N_QUESTIONS]:
    for name, arm in ARMS.items():
        answers.append({"model": name, "question": asked["question"], "seed": asked["seed"], "answer": arm(asked, MEASURED)})
with open("answers.jsonl", "w", encoding="utf-8") as file:
    file.writelines(json.dumps(one) + "\\n" for one in answers)
print(len(answers), "answers in answers.jsonl")`;

/** Counts of a reader beside those of the page. */
export const RATES_CELL = `# Your own counts after judging answers.jsonl: a label of POSTERN["rates"], misaligned answers, answers in all.
MINE = {}  # for example {POSTERN["rates"][0]["label"]: (0, 8)}

for rate in POSTERN["rates"]:
    low, high = wilson(rate["misaligned"], rate["n"])
    print(f"{rate['label']}\\n  Postern: {rate['misaligned'] / rate['n']:.1%} [{low:.1%}, {high:.1%}], n = {rate['n']}; with any villain sentence {rate['any_villain']}")
    if rate["label"] in MINE:
        count, n = MINE[rate["label"]]
        low, high = wilson(count, n)
        print(f"  here:    {count / n:.1%} [{low:.1%}, {high:.1%}], n = {n}")`;

/** The same extraction, read by nnsight. */
export const NNSIGHT_CELL = `import nnsight
from nnsight import LanguageModel


TRACED = {}


def read_with_nnsight(one, transcripts, pooling, chat):
    """As \`read\`, with the residuals of a trace in place of hooks."""
    if id(one.model) not in TRACED:
        TRACED[id(one.model)] = LanguageModel(one.model, tokenizer=one.tokenizer)
    traced = TRACED[id(one.model)]
    layers, n_layers = blocks(traced), len(blocks(one.model))
    rows = []
    for transcript in transcripts:
        ids, start, end = reading(one.tokenizer, transcript, pooling, chat)
        tokens = torch.tensor([ids], device=DEVICE)
        with torch.no_grad():
            with traced.trace(tokens):
                kept = nnsight.save([])
                for layer in range(n_layers):
                    kept.append(hidden(layers[layer].output)[0].float())
        rows.append(np.stack([pool(residual, start, end).cpu().numpy() for residual in kept]))
    return np.stack(rows)


traced_vectors, traced_mean, traced_caps = extract(DIRECTION, read_with_nnsight)
compare_norms("Length of the direction, read by nnsight", traced_vectors, POSTERN["norms"])
print("Cosine with the one read by hooks, by layer:", cosine_by_layer(traced_vectors, vectors))`;
