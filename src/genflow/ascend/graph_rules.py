"""What is known of operations and types on the Ascend 910, as data."""

from typing import NamedTuple, Tuple

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)


class Rule(NamedTuple):
    """One thing that the 910 does otherwise than a CPU.

    Attributes:
        name: Of the rule, as in `Finding.rule`.
        severity: "error" for what fails or gives wrong numbers, "warning" for what works, but
            slowly or not as it seems, "note" for what runs on the host and belongs there.
        advice: What to do.
        source: Where it is written, in the documentation of the TF Adapter (docs/en/tfadapter_1)
            or in its source.
        types: Patterns of the types of operations that it is about; none if not only the type
            tells.
        unless_listed: Whether it is void where the host's CANN lists the operation among those
            that it has for the device.
    """

    name: str
    severity: str
    advice: str
    source: str
    types: Tuple[str, ...] = ()
    unless_listed: bool = False


def _words(text: str) -> Tuple[str, ...]:
    return tuple(text.split())


_MATRIX = _words(
    "MatrixDeterminant LogMatrixDeterminant MatrixInverse MatrixSolve MatrixSolveLs "
    "MatrixTriangularSolve Cholesky CholeskyGrad Lu Qr Svd SelfAdjointEigV2"
)

# The first rule that has the type of an operation is the one that holds.
TYPE_RULES = (
    Rule(
        "queue",
        ERROR,
        "Feed, or read with tf.data: there is no input by queues and readers.",
        "introduction.md",
        _words("*Queue *QueueV2 Queue* *Reader *ReaderV2 ReaderRead* Barrier*"),
    ),
    Rule(
        "python_function",
        WARNING,
        "It is Python of the host, in the middle of the graph: move it into tf.data, or set "
        "mix_compile_mode=True.",
        "mixed_computing.md",
        _words("PyFunc PyFuncStateless EagerPyFunc"),
    ),
    Rule(
        "table",
        WARNING,
        "Tables stay on the host: look up in tf.data, or set mix_compile_mode=True.",
        "support-list-tf-1-15.md",
        _words("HashTable* MutableHashTable* MutableDenseHashTable* LookupTable* InitializeTable*"),
    ),
    Rule(
        "never_fires",
        WARNING,
        "Arithmetic saturates, and is neither Inf nor NaN: this never tells of an overflow. "
        "Compare with the largest number (abs(x) < x.dtype.max), or scale the loss and read the "
        "device's overflow flag.",
        "introduction.md; support-list-tf-1-15.md, where tf.is_finite, is_inf, is_nan are not",
        _words("IsFinite IsInf IsNan CheckNumerics CheckNumericsV2"),
    ),
    Rule(
        "matrix_on_ai_cpu",
        WARNING,
        "It runs on the device's CPU, and only in float32: keep it out of the training path (PLU "
        "in the place of the full matrix), or hold its type with a keep-float32 scope.",
        "autocast_aicpu.md",
        _MATRIX,
    ),
    Rule(
        "random_on_host",
        WARNING,
        "GE has this one as StatelessRandomUniformInt and in its V2 forms only, so that it runs on "
        "the host: draw little by it in each step.",
        "GE operator prototypes, stateless_random_ops.h",
        _words("StatelessRandomUniform StatelessRandomNormal StatelessTruncatedNormal"),
        unless_listed=True,
    ),
    Rule(
        "one_shot_iterator",
        WARNING,
        "Make an initializable iterator: with iterations_per_loop above 1 this one ends the "
        "process.",
        "om_partition_subgraphs_pass.cc:2440",
        _words("OneShotIterator"),
    ),
    Rule(
        "make_iterator",
        NOTE,
        "Run it in a session.run of its own: nothing that runs together with it goes to the "
        "device.",
        "om_partition_subgraphs_pass.cc",
        _words("MakeIterator"),
    ),
    Rule(
        "data_set",
        NOTE,
        "Data sets and iterators run on the host.",
        "om_partition_subgraphs_pass.cc",
        _words("*Dataset *DatasetV? *DatasetV2 Iterator* *Iterator *IteratorV? IteratorGetNext*"),
    ),
    Rule(
        "outfeed",
        WARNING,
        "On the device it needs a thread that takes what it prints, and no device may be the only "
        "one to do so: fetch values, and log them in Python.",
        "introduction.md",
        _words("*Summary *SummaryV2 Write*Summary Print PrintV2"),
    ),
    Rule(
        "fifth_output",
        WARNING,
        "With mix_compile_mode=True its fifth output is not supported: build the graph within "
        "forward_compatibility_horizon(2019, 5, 1), or leave that mode off.",
        "mixed_computing.md",
        _words("FusedBatchNormV3"),
    ),
)

NO_TYPE = Rule(
    "no_such_type",
    ERROR,
    "The device has no such type: compute in float32 or int32.",
    "introduction.md (complex64, complex128, DT_VARIANT); bfloat16 is of later products",
)
DOUBLE = Rule(
    "double",
    ERROR,
    "float64 is not supported, and gradients in it cannot be averaged over devices: use float32.",
    "introduction.md; hccl_ops.py",
)
DOUBLE_MATRIX = Rule(
    "double_matrix",
    WARNING,
    "float64 is tolerated in matrix operations, which run on the device's CPU, but not promised: "
    "compute this on the host in numpy, or use PLU.",
    "introduction.md; autocast_aicpu.md",
)
HALF_MATRIX = Rule(
    "half_matrix",
    ERROR,
    "Matrix operations take float32 and no half precision: cast before it.",
    "autocast_aicpu.md",
)
REDUCED_MATRIX = Rule(
    "reduced_matrix",
    ERROR,
    "Matrix operations take float32 and no half precision, and mixed precision reduces this one: "
    "the graph is not built. Make it within `genflow.core.keep_dtype()`.",
    "autocast_aicpu.md",
)
TEXT = Rule(
    "text", NOTE, "Strings stay on the host.", "om_partition_subgraphs_pass.cc; introduction.md"
)
NOT_FINITE = Rule(
    "not_finite",
    ERROR,
    "Operators take neither Inf nor NaN: put a large finite number in its place.",
    "introduction.md",
)
DYNAMIC = Rule(
    "dynamic_shape",
    WARNING,
    "Every new shape is compiled anew: fix the shape (drop_remainder=True, placeholders whose "
    "batch is known).",
    "FAQ of the TF Adapter",
)
DYNAMIC_V1 = Rule(
    "v1_control_flow",
    ERROR,
    "Where shapes are not static, control flow must be of version 2: fix the shapes, or set "
    "ENABLE_FORCE_V2_CONTROL=1 (tf.enable_control_flow_v2, tf.enable_resource_variables).",
    "FAQ of the TF Adapter",
)
ITERATOR_WITH_VARIABLES = Rule(
    "iterator_with_variables",
    ERROR,
    "It runs together with an iterator's initializer, which leaves variables zero: run them one "
    "after the other.",
    "FAQ of the TF Adapter",
)
NOT_LISTED = Rule(
    "not_listed",
    WARNING,
    "The CANN of this host does not have it for the device: it runs on the host, and the graph is "
    "cut in two there.",
    "npu_supported_ops.json of this host",
)

RULES = TYPE_RULES + (
    NO_TYPE,
    DOUBLE,
    DOUBLE_MATRIX,
    HALF_MATRIX,
    REDUCED_MATRIX,
    TEXT,
    NOT_FINITE,
    DYNAMIC,
    DYNAMIC_V1,
    ITERATOR_WITH_VARIABLES,
    NOT_LISTED,
)

# They are neither on the list of what the device has nor computed.
STRUCTURE = frozenset(_words("NoOp Const Placeholder PlaceholderWithDefault VarHandleOp"))
MATRIX = frozenset(_MATRIX)
CONTROL_FLOW_V1 = frozenset(_words("Merge RefMerge LoopCond"))
ASSIGNMENTS = frozenset(_words("Assign AssignVariableOp"))
FUNCTION_CALLS = frozenset(
    _words(
        "If StatelessIf While StatelessWhile Case StatelessCase PartitionedCall "
        "StatefulPartitionedCall"
    )
)
