"""Records what the reference makes of many small tokenizers, into golden.json beside this file.

Reference: the package `tokenizers` 0.23.2 from PyPI (Rust, Hugging Face), and `transformers` 5.18.0 for
what is read beside tokenizer.json. To record again:

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install tokenizers==0.23.2 transformers==5.18.0
    /tmp/reference/bin/python test/golden/tokenizers/record.py

Nothing in the file is anybody's vocabulary: all of them are made below.
"""

import json
import os
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import tokenizers
from tokenizers import Tokenizer
import transformers

TEXTS = [
    "Hello world, it's 12345 apples!",
    "  two  spaces\tand a tab \n\n",
    "ab    cd\n  ab",
    " ",
    "\r\n\r\nline\r\n",
    "I'LL you're WE'VE 'ſ it\u2019s",
    "caf\u00e9 cafe\u0301 na\u00efve \u00c5ngstr\u00f6m \u017fharp \u1e9e\u00df",
    "\u6771\u4eac\u3068\u5317\u4eac\u3001\u3053\u3093\u306b\u3061\u306f\u3002",
    "\U0001f642\U0001f642 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1ea\U0001f1fa",
    "\ufeffBOM and\u00a0nbsp\u2009thin\u3000wide\u200b\u0085next",
    "def f(x):\n    return x**2  # \u00b2 and \u00bd, x_1\n",
    "a.b,c;d!?\u2026 \u2014 \u00ab$5+3=8\u00bb ^`~|",
    "\u0661\u0662\u0663 \u216b \u2460 3rd 007",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0645\u0631\u062d\u0628\u0627 \ud55c\uad6d\uc5b4",
    "x\u0000y\u0007z\ufffd",
    "UPPER lower \u0130\u03a3\u03a3 \u03c3\u03c2",
]

CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TIKTOKEN = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
BLOOM = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+"
DEEPSEEK = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
DEEPSEEK_2 = (
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
)
PATTERNS = [
    CL100K, O200K, TIKTOKEN, BLOOM, DEEPSEEK, DEEPSEEK_2,
    r"\s", r"\S+", r"\d+", r"\D", r"\w+", r"\W+", r"[\w]+", r"[^\w]", r"\b", r"\B\w", r"^.", r".$", r"\A..", r"..\z", r".\Z",
    r"(?i)s", r"(?i:k|cafe)", r"[a-c&&[^b]]", r"[[:punct:]]+", r"[[:^space:]]", r"[[:alpha:][:digit:]]+",
    r"\h+", r"\H", r"x{2}?", r"o{1,2}?", r"l{,2}", r"(?>a|ab)c|a", r"(?<=a)b|(?<!a)b", r"\x{6771}|\u4eac|\x41", r"\p{Han}+",
    r"\p{^L}", r"\P{L}+", r"[\p{L}\-_]+", r"[.,;-]", r"[a\-z]", r"(?<word>\w)\s", r" ?+a", r"\e|\a|\t", r"[\n\r]",
    r"é", r"{", r"a{x}", r"]|}", r"\.|\,|\/", r"x*?", r"[^\n]*",
]


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def metaspace(**more):
    return {"type": "Metaspace", "replacement": "\u2581", **more}


BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
BEHAVIOURS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]

PRE_TOKENIZERS = [
    *[split(p) for p in PATTERNS],
    *[split(r"\s+", b, i) for b in BEHAVIOURS for i in (False, True)],
    *[split(" ", b, False, "String") for b in BEHAVIOURS],
    split(r"x*", "Isolated"), split(r"x*", "MergedWithNext"), split(r"x*", "Removed", True), split("l", "MergedWithPrevious"),
    split(".", "Isolated", False, "String"), split("\u00e9", "Removed", False, "String"),
    metaspace(), metaspace(prepend_scheme="always", split=False), metaspace(prepend_scheme="never", split=True),
    metaspace(prepend_scheme="first", split=False), metaspace(add_prefix_space=True), metaspace(add_prefix_space=False, prepend_scheme="never"),
    metaspace(str_rep="_", add_prefix_space=True, prepend_scheme="first", split=True),
    {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": True},
    BYTE_LEVEL, {**BYTE_LEVEL, "add_prefix_space": True}, {**BYTE_LEVEL, "use_regex": False}, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True},
    *[{"type": "Punctuation", "behavior": b} for b in BEHAVIOURS], {"type": "Punctuation"},
    {"type": "Digits", "individual_digits": True}, {"type": "Digits", "individual_digits": False},
    {"type": "Whitespace"}, {"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"},
    {"type": "CharDelimiterSplit", "delimiter": "a"}, {"type": "CharDelimiterSplit", "delimiter": " "},
    {"type": "FixedLength", "length": 3}, {"type": "FixedLength"},
    {"type": "Sequence", "pretokenizers": [{"type": "Punctuation", "behavior": "Contiguous"}, BYTE_LEVEL, {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]")]},
    {"type": "Sequence", "pretokenizers": [split(r"\s", "Removed"), metaspace(prepend_scheme="first")]},
    {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, metaspace(prepend_scheme="first", split=False)]},
    {"type": "Sequence", "pretokenizers": [split(CL100K, "Isolated"), {**BYTE_LEVEL, "use_regex": False}]},
    {"type": "Sequence", "pretokenizers": []},
]

NORMALIZERS = [
    {"type": "NFC"}, {"type": "NFD"}, {"type": "NFKC"}, {"type": "NFKD"}, {"type": "Lowercase"},
    {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}]},
    {"type": "StripAccents"}, {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Strip", "strip_left": True, "strip_right": False},
    {"type": "Strip", "strip_left": False, "strip_right": True}, {"type": "Prepend", "prepend": "\u2581"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " $& "},
    {"type": "Replace", "pattern": {"Regex": r"x*"}, "content": "-"}, {"type": "Replace", "pattern": {"String": "l"}, "content": ""},
    {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
    {"type": "ByteLevel"}, {"type": "Sequence", "normalizers": []},
]


def replace(a, b):
    return {"type": "Replace", "pattern": {"String": a}, "content": b}


def seq(*decoders):
    return {"type": "Sequence", "decoders": list(decoders)}


def byte(b):
    return f"<0x{b:02X}>"


LLAMA = seq(replace("\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0})
DECODERS = [
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    LLAMA, seq(replace("\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"}), {"type": "ByteFallback"}, {"type": "Fuse"},
    metaspace(), metaspace(prepend_scheme="never", split=False), metaspace(prepend_scheme="first"), metaspace(add_prefix_space=True),
    {"type": "Strip", "content": "\u2581", "start": 2, "stop": 0}, {"type": "BPEDecoder", "suffix": "</w>"},
    seq({"type": "ByteFallback"}, metaspace(prepend_scheme="always")), seq(metaspace(prepend_scheme="always"), {"type": "Fuse"}),
    {"type": "Replace", "pattern": {"Regex": r"\u2581+"}, "content": "$&"}, seq(),
]
TOKEN_LISTS = [
    ["\u2581Hello", ",", "\u2581\u2581world", "\u2581"], ["\u2581", "\u2581\u2581", "a", "\u2581b\u2581"], ["Hello", "\u2581world"],
    [byte(0xEF), byte(0xBB), byte(0xBF), "a", byte(0xEF), byte(0xBB), byte(0xBF)], [byte(0xF0), byte(0x9F), byte(0x99), byte(0x82), "!"],
    ["a", byte(0xC3), "b", byte(0xC3), byte(0xA9), byte(0xC3), "\u2581c"], [byte(0x41), byte(0xFF), byte(0x42)], ["<0xe2>", "<0xZZ>", "<0x4>"],
    ["lo", "wer</w>", "and", "</w>", "new</w>"], ["\u00ef\u00bb\u00bf", "\u0120hi", "\u010a"], ["\u00c3", "\u00a9", "\u0120\u00f0\u0141", "\u013b", "\u0124"],
    ["<|end|>", "\u0120x", "\u6771"], ["\u00c3", "<|end|>", "\u00a9"],
]


def byte_characters():
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in own]
    return {**{b: chr(b) for b in own}, **{b: chr(256 + i) for i, b in enumerate(rest)}}


def model(alphabet, merges, **settings):
    tokens = list(dict.fromkeys([*alphabet, *[a + b.removeprefix(settings.get("continuing_subword_prefix") or "") for a, b in merges]]))
    return {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
        "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, **settings,
        "vocab": {token: i for i, token in enumerate(tokens)}, "merges": [list(pair) for pair in merges],
    }


G = "\u0120"
WORDS = [("l", "l"), ("h", "e"), ("H", "e"), ("He", "ll"), ("Hell", "o"), ("o", "r"), ("w", "or"), (G, "wor"), (G, G), (G + G, G + G), ("t", "w"), ("tw", "o"), ("a", "b"),
         (G, "ab"), ("1", "2"), ("12", "3"), ("i", "t"), ("a", "n"), ("an", "d"), (G, "and"), ("c", "a"), ("ca", "f"), ("\u00c3", "\u00a9"), ("a", "a"), ("aa", "aa"), ("b", "c"), ("a", "bc")]
BYTES = model(byte_characters().values(), WORDS)
U = "\u2581"
SP_WORDS = [("l", "l"), ("H", "e"), ("He", "ll"), ("Hell", "o"), (U, "Hello"), (U, U), (U + U, U), (U + U, U + U), ("a", "b"), (U, "ab"), ("c", "d"), (U, "cd"), ("o", "r"), ("w", "or"), (U, "wor"), ("a", "n"), ("an", "d"), (U, "and"), ("\n", "\n"), ("\u6771", "\u4eac")]
LETTERS = [chr(c) for c in range(33, 127)] + ["\n", "\t", U, "\u00e9", "\u6771", "\u4eac"]
CHARS = ["<unk>", "<s>", "</s>", *LETTERS]
FALLBACK = model(["<unk>", "<s>", "</s>", *[byte(b) for b in range(256)], *LETTERS], SP_WORDS, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
SP_NORMAL = NORMALIZERS[15]
MODELS = {
    "bytes": BYTES,
    "bytes by whole pieces first": {**model([*byte_characters().values(), "Hello", "line", "apples"], WORDS), "ignore_merges": True},
    "merges as text": {**BYTES, "merges": ["#version: 0.2", *[" ".join(m) for m in BYTES["merges"]]]},
    "fallback": FALLBACK,
    "fallback of some bytes": model(["<unk>", *[byte(b) for b in range(0xC0)], *LETTERS], SP_WORDS, unk_token="<unk>", byte_fallback=True),
    "unknown fused": model(CHARS, SP_WORDS, unk_token="<unk>", fuse_unk=True),
    "unknown not fused": model(CHARS, SP_WORDS, unk_token="<unk>"),
    "unknown left out": model([c for c in CHARS if c not in "xe"], [m for m in SP_WORDS if "e" not in "".join(m)]),
    "unknown that merges": model(["<unk>", "<unk>a", *LETTERS], [("<unk>", "a")], unk_token="<unk>"),
    "prefix": model([*LETTERS, *["##" + c for c in LETTERS]], [("a", "##b"), ("c", "##d"), ("##l", "##o")], unk_token=None, continuing_subword_prefix="##"),
    "suffix": model([*LETTERS, *[c + "</w>" for c in LETTERS]], [("a", "b</w>"), ("l", "o"), ("lo", "w</w>")], end_of_word_suffix="</w>"),
    "no type": {k: v for k, v in BYTES.items() if k in ("vocab", "merges")},
}


def token(content, **flags):
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False, **flags}


ADDED_TEXTS = [
    "a<x>b", "a  <x>  b", " <x><x> ", "<x>", "yes yesterday a yes. yes", "<xy> <x>y", "Caf\u00e9 CAFE\u0301 caf\u00e9", "a\n<l>\n<r>\nb", "ayes yesa \u00e9yes yes\u200d", "ab <s>ab</s> ab", "<s> ab<s>ab",
]
BYTE_PRE = {"pre_tokenizer": BYTE_LEVEL, "decoder": DECODERS[0]}
SP_PRE = {"normalizer": SP_NORMAL, "decoder": LLAMA}
ADDED = {
    "plain": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("<x>"), token("<xy>")]},
    "lstrip": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("<x>", lstrip=True), token("<l>", lstrip=True)]},
    "rstrip": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("<x>", rstrip=True), token("<r>", rstrip=True)]},
    "both, special": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("<x>", lstrip=True, rstrip=True, special=True), token("<r>", rstrip=True), token("<l>", lstrip=True), token(" b")]},
    "single_word": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("yes", single_word=True), token("<x>", single_word=True)]},
    "single_word, normalized": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("yes", single_word=True, normalized=True), token("yest", lstrip=True)]},
    "normalized under Lowercase": {"model": "bytes", "normalizer": {"type": "Lowercase"}, **BYTE_PRE, "added_tokens": [token("CAF\u00c9", normalized=True), token("YES", normalized=False), token("<X>", normalized=True)]},
    "normalized under NFC": {"model": "bytes", "normalizer": {"type": "NFC"}, **BYTE_PRE, "added_tokens": [token("cafe\u0301", normalized=True), token("<x>")]},
    "normalized under ByteLevel": {"model": "bytes", "normalizer": {"type": "ByteLevel"}, "decoder": DECODERS[0], "added_tokens": [token("caf\u00e9", normalized=True), token("<x>", normalized=True)]},
    "under Prepend": {"model": "fallback", **SP_PRE, "added_tokens": [token("<s>", special=True), token("</s>", special=True), token("<x>", normalized=True)]},
    "under Metaspace first": {"model": "fallback", "pre_tokenizer": metaspace(prepend_scheme="first", split=False), "decoder": LLAMA, "added_tokens": [token("<s>", special=True), token("</s>", special=True), token("<x>")]},
    "under Metaspace first after Strip": {"model": "fallback", "normalizer": NORMALIZERS[8], "pre_tokenizer": metaspace(prepend_scheme="first"), "decoder": metaspace(prepend_scheme="first"), "added_tokens": [token("<s>", special=True)]},
    "under Metaspace first after Replace": {"model": "fallback", "normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": ""}, "pre_tokenizer": metaspace(prepend_scheme="first"), "decoder": metaspace(prepend_scheme="first"), "added_tokens": [token("<s>", special=True)]},
    "under Metaspace first after Prepend": {"model": "fallback", "normalizer": {"type": "Prepend", "prepend": "b"}, "pre_tokenizer": metaspace(prepend_scheme="first"), "decoder": metaspace(prepend_scheme="first"), "added_tokens": [token("<s>", special=True)]},
    "under Metaspace always": {"model": "fallback", "pre_tokenizer": metaspace(), "decoder": metaspace(), "added_tokens": [token("<s>", special=True, rstrip=True), token("</s>", special=True)]},
    "with blanks in them": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("  "), token("\n\n"), token("   ")]},
    "known to the model, ids of no account": {"model": "bytes", **BYTE_PRE, "added_tokens": [{**token("Hello"), "id": 9999}, {**token("<x>"), "id": 5000}]},
    "no decoder": {"model": "bytes", "pre_tokenizer": BYTE_LEVEL, "added_tokens": [token("<x>")]},
}
EXTRAS = {"normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None}


def assembled(case):
    full = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], **EXTRAS, **case, "model": MODELS[case["model"]]}
    size = len(full["model"]["vocab"])
    full["added_tokens"] = [{"id": size + i, **t} for i, t in enumerate(full["added_tokens"])]
    return full


def pipelines():
    around = {"bytes": BYTE_PRE, "bytes by whole pieces first": BYTE_PRE, "merges as text": BYTE_PRE, "no type": BYTE_PRE, "prefix": {"pre_tokenizer": {"type": "WhitespaceSplit"}}, "suffix": {"pre_tokenizer": {"type": "Whitespace"}, "decoder": {"type": "BPEDecoder", "suffix": "</w>"}}}
    for name in MODELS:
        yield f"model: {name}", {"model": name, **around.get(name, SP_PRE)}, [*TEXTS, "aaaaaaaaa abcabc abab", "lo low slow", "x\u2603b a\u2603\u2603b \u00ff\u2603a"]
    for name, case in ADDED.items():
        yield f"added: {name}", case, ADDED_TEXTS


def with_transformers():
    """Tokenizers beside whose tokenizer.json other files say something: ids of a text, and the special tokens."""
    template = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
    plain = assembled({"model": "bytes", **BYTE_PRE, "added_tokens": [token("<s>", special=True), token("</s>", special=True)]})
    cases = {
        "special tokens in their own file": ({}, {"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}}),
        "their own file before tokenizer_config.json": ({"bos_token": "</s>", "eos_token": "<s>"}, {"bos_token": "<s>", "eos_token": "</s>"}),
        "their own file where tokenizer_config.json lists added tokens": ({"eos_token": "</s>", "added_tokens_decoder": {}}, {"bos_token": "<s>"}),
        "a token only in added_tokens_decoder": ({"eos_token": "</s>", "added_tokens_decoder": {"285": token("<|turn|>", special=True), "286": token("word", single_word=True, normalized=True)}}, None),
        "flags that added_tokens_decoder changes": ({"eos_token": "</s>", "added_tokens_decoder": {"283": token("<s>", special=True, rstrip=True)}}, None),
        "a bos_token that no file has": ({"bos_token": "<|bos|>", "eos_token": "</s>"}, None),
        "further special tokens": ({"eos_token": "</s>", "additional_special_tokens": ["<|turn|>", "</s>"]}, None),
        "further special tokens of transformers 5": ({"eos_token": "</s>", "extra_special_tokens": ["<|turn|>", "<|bos|>"]}, None),
        "further special tokens by name": ({"eos_token": "</s>", "extra_special_tokens": {"turn_token": "<|turn|>"}}, None),
        "further special tokens in their own file": ({"eos_token": "</s>"}, {"additional_special_tokens": ["<|turn|>", "<|bos|>"]}),
    }
    texts = ["<s> ab<|turn|>word words </s> x", "<|bos|> ab <|bos|>"]
    for name, (config, special) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            put = lambda file, value: open(os.path.join(folder, file), "w").write(json.dumps(value))
            put("tokenizer.json", plain)
            put("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template, **config})
            if special is not None:
                put("special_tokens_map.json", special)
            made = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
            yield {
                "name": name, "config": config, "special": special, "bos": made.bos_token, "eos": made.eos_token, "eosId": made.eos_token_id,
                "texts": [{"text": t, "ids": made.encode(t, add_special_tokens=False)} for t in texts],
            }


def parts(kind, file, run, inputs):
    tokenizer = Tokenizer.from_str(json.dumps({**assembled({"model": "bytes"}), kind: file}))
    return {"step": file, "cases": [run(getattr(tokenizer, kind), i) for i in inputs]}


def main():
    out = {
        "origin": f"tokenizers {tokenizers.__version__} and transformers {transformers.__version__} by record.py",
        "texts": TEXTS, "tokenLists": TOKEN_LISTS,
        "preTokenizers": [parts("pre_tokenizer", s, lambda step, t: [p for p, _ in step.pre_tokenize_str(t)], TEXTS) for s in PRE_TOKENIZERS],
        "normalizers": [parts("normalizer", s, lambda step, t: step.normalize_str(t), TEXTS) for s in NORMALIZERS],
        "decoders": [parts("decoder", s, lambda step, t: step.decode(t), TOKEN_LISTS) for s in DECODERS],
        "models": MODELS, "pipelines": [],
        "beside": {"tokenizer": {"model": "bytes", **BYTE_PRE, "added_tokens": [token("<s>", special=True), token("</s>", special=True)]}, "cases": list(with_transformers())},
    }
    for name, case, texts in pipelines():
        reference = Tokenizer.from_str(json.dumps(assembled(case)))
        recorded = []
        for text in texts:
            ids = reference.encode(text, add_special_tokens=False).ids
            recorded.append({"text": text, "ids": ids, "decoded": reference.decode(ids, skip_special_tokens=False)})
        out["pipelines"].append({"name": name, "tokenizer": case, "texts": recorded})
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
    with open(here, "w", encoding="utf-8") as file:
        json.dump(out, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


main()
