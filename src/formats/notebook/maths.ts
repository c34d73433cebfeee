// The formulas of directions and edits in Python, as in core/direction.ts, core/edit.ts, core/direction-parts.ts and
// measure/cap-threshold.ts. The cell needs numpy only; `pool` and `apply_edit` also take tensors of PyTorch. The unit
// test runs it and compares its values with those of the page's own code.

/** One code cell. */
export const MATHS_CELL = `import numpy as np


def dot(a, b):
    """Scalar product in float64."""
    return float(np.dot(np.asarray(a, np.float64), np.asarray(b, np.float64)))


def unit_rows(vectors):
    """Each row at length 1 [layers, d_model]; a zero row stays zero."""
    rows = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def pool(residual, start, end):
    """Mean over the positions [start, end) of a residual [positions, d_model], in its own precision (float32)."""
    return residual[start:end].mean(0)


def mean_residual(pooled):
    """Mean over transcripts, summed in float64: [n, layers, d_model] to [layers, d_model]."""
    return np.asarray(pooled, np.float64).mean(axis=0).astype(np.float32)


def mean_difference(plus, minus):
    """The direction: mean of one cell minus mean of the other, not normalised [layers, d_model]."""
    difference = np.asarray(plus, np.float64).mean(axis=0) - np.asarray(minus, np.float64).mean(axis=0)
    return difference.astype(np.float32)


def projections(residuals, vectors):
    """c = h . u at each layer: [n, layers, d_model] and [layers, d_model] to [n, layers]."""
    rows = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(rows, axis=-1)
    along = np.einsum("nld,ld->nl", np.asarray(residuals, np.float64), rows)
    return (along / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def cap_threshold(pooled, vectors, share=0.95):
    """At each layer, the 95th percentile of the aligned model on aligned text."""
    along = np.sort(projections(pooled, vectors), axis=0)
    return along[min(len(along) - 1, int(share * len(along)))]


def cosine_by_layer(a, b):
    """Cosine of two directions at each layer; not a number where one is zero."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (a * b).sum(-1) / np.where(lengths > 0, lengths, np.nan)


def orthonormal(vectors):
    """Orthonormal vectors with the span of the given ones (Gram-Schmidt, each one twice)."""
    basis = []
    for vector in vectors:
        rest = np.asarray(vector, np.float64)
        length = np.linalg.norm(rest)
        if not (length > 0 and np.isfinite(length)):
            continue
        rest = rest / length
        for one in basis + basis:
            rest = rest - (rest @ one) * one
        left = np.linalg.norm(rest)
        if left > 1e-5:
            basis.append(rest / left)
    return [one.astype(np.float32) for one in basis]


def random_control(seed, vectors, aligned_mean, caps, also=None):
    """Random directions of equal length; each cap keeps its margin over the aligned mean.

    The numbers are not those that Postern draws from this seed: another random direction, equally random.
    """
    rng = np.random.default_rng(seed)

    def like(rows):
        drawn = unit_rows(rng.standard_normal(np.shape(rows)))
        return drawn * np.linalg.norm(rows, axis=-1, keepdims=True).astype(np.float32)

    drawn = like(vectors)
    if aligned_mean is not None and caps is not None:
        real, other = unit_rows(vectors), unit_rows(drawn)
        caps = caps - (aligned_mean * real).sum(-1) + (aligned_mean * other).sum(-1)
    return drawn, caps, None if also is None else like(also)


def layer_edits(edit, vectors, aligned_mean=None, caps=None, also=None):
    """The edit of each layer; None: the layer is not edited."""
    mode, source, strength = edit["mode"], edit["source_layer"], edit["strength"]
    removes = mode in ("ablate-zero", "ablate-mean")

    def basis(layer):
        return orthonormal([vectors[layer]] + ([also[layer]] if removes and also is not None else []))

    if len(edit["layers"]) != len(vectors):
        raise ValueError(f"Chosen are {len(edit['layers'])} layers of a direction with {len(vectors)}.")
    if mode in ("ablate-mean", "cap") and (aligned_mean is None or np.isnan(aligned_mean).any()):
        raise ValueError("This edit needs the aligned mean: extract the direction, or load a file that has it.")
    some_have = any(on and basis(layer) for layer, on in enumerate(edit["layers"]))
    edits = []
    for layer, on in enumerate(edit["layers"]):
        if not on or mode == "off":
            edits.append(None)
            continue
        origin = layer if source is None else source
        units = basis(origin)
        if not units:
            if source is None and some_have:
                edits.append(None)
                continue
            raise ValueError(f"The direction of layer {origin} has length 0 and cannot be edited along.")
        unit = units[0]
        one = {"unit": unit, "steer": None, "strength": 0.0, "reference": 0.0, "cap": 0.0, "tau": 0.0}
        one.update(also=None, also_reference=0.0)
        if mode == "ablate-zero":
            one["strength"] = strength
        elif mode == "ablate-mean":
            one.update(strength=strength, reference=dot(aligned_mean[layer], unit))
        elif mode == "cap":
            margin = float(caps[origin]) - dot(aligned_mean[origin], unit)
            one.update(cap=1.0, tau=dot(aligned_mean[layer], unit) + margin)
        elif mode == "steer":
            one["steer"] = (np.asarray(vectors[origin], np.float64) * strength).astype(np.float32)
        if len(units) > 1:
            one["also"] = units[1]
            if mode == "ablate-mean":
                one["also_reference"] = dot(aligned_mean[layer], units[1])
        edits.append(one)
    return edits


def position_mask(positions, first, length, header):
    """1 where a position is edited. header: the last prompt token, which predicts the answer's first one."""
    at = np.arange(first, first + length)
    if positions == "all":
        return np.ones(length, np.float32)
    return ((at >= header) if positions == "answer" else (at == header)).astype(np.float32)


def apply_edit(h, one, mask):
    """h' = h + p (a - (s (c - m) + g max(0, c - tau)) u), with c = h . u, for h [..., d_model] and p = mask [...]."""
    if one is None:
        return h
    c = h @ one["unit"]
    cut = one["strength"] * (c - one["reference"]) + one["cap"] * (c - one["tau"]).clip(min=0)
    change = -cut[..., None] * one["unit"]
    if one["also"] is not None:
        cut_also = one["strength"] * (h @ one["also"] - one["also_reference"])
        change = change - cut_also[..., None] * one["also"]
    if one["steer"] is not None:
        change = change + one["steer"]
    return h + mask[..., None] * change


def wilson(count, n, z=1.959963984540054):
    """95% interval of a rate."""
    share, square = count / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z * np.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)`;
