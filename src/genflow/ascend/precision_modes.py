"""What the names of Ascend's precisions say."""

# To what a GPU or a CPU reduces networks for them. Neither has hif8.
MIXED = {
    "allow_mix_precision": "float16",
    "allow_mix_precision_fp16": "float16",
    "allow_mix_precision_bf16": "bfloat16",
    "mixed_float16": "float16",
    "mixed_bfloat16": "bfloat16",
    "mixed_hif8": "",
}
_FORCED = {"force_fp16": "float16", "fp16": "float16"}
# All that reduce what does not keep its type. The others leave it, or are about the type in which
# matrices are multiplied.
REDUCING = dict(MIXED, **_FORCED)
