"""The operations that a frozen graph may consist of."""

_STRUCTURE = """
    CheckNumerics Const EnsureShape Identity IdentityN Merge NoOp Placeholder PlaceholderV2
    PlaceholderWithDefault PreventGradient Snapshot StopGradient Switch
"""
_SHAPES = """
    BatchToSpace BatchToSpaceND BroadcastArgs BroadcastTo Concat ConcatV2 DepthToSpace ExpandDims
    Fill LinSpace MirrorPad OnesLike Pack Pad PadV2 Range Rank Reshape Reverse ReverseV2 Roll Shape
    ShapeN Size Slice SpaceToBatch SpaceToBatchND SpaceToDepth Split SplitV Squeeze StridedSlice
    Tile Transpose Unpack ZerosLike
"""
_CHOICES = """
    DynamicStitch Gather GatherNd GatherV2 InvertPermutation OneHot ScatterNd Select SelectV2
    TensorScatterUpdate TopK TopKV2 Where
"""
_ARITHMETIC = """
    Abs AccumulateNV2 Add AddN AddV2 Bitcast BitwiseAnd BitwiseOr BitwiseXor Cast Ceil ClipByValue
    Complex ComplexAbs Conj Div DivNoNan Exp Expm1 Floor FloorDiv FloorMod Imag Inv Invert LeftShift
    Log Log1p Maximum Minimum Mod Mul MulNoNan Neg Pow Real RealDiv Reciprocal RightShift Rint Round
    Rsqrt Sign Sqrt Square SquaredDifference Sub TruncateDiv TruncateMod Xdivy Xlog1py Xlogy
"""
_FUNCTIONS = """
    Acos Acosh Asin Asinh Atan Atan2 Atanh Cos Cosh Digamma Erf Erfc Erfinv Igamma Igammac Lgamma
    Ndtri Sin Sinh Tan Tanh
"""
_COMPARISONS = """
    ApproximateEqual Equal Greater GreaterEqual IsFinite IsInf IsNan Less LessEqual LogicalAnd
    LogicalNot LogicalOr NotEqual
"""
_REDUCTIONS = """
    All Any ArgMax ArgMin Cumprod Cumsum CumulativeLogsumexp EuclideanNorm L2Loss Max Mean Min Prod
    Sum
"""
_ACTIVATIONS = """
    Elu LeakyRelu LogSoftmax Relu Relu6 Selu Sigmoid Softmax SoftmaxCrossEntropyWithLogits Softplus
    Softsign SparseSoftmaxCrossEntropyWithLogits
"""
_LAYERS = """
    AvgPool AvgPool3D BatchNormWithGlobalNormalization BiasAdd BiasAddV1 Conv2D
    Conv2DBackpropInput Conv3D Conv3DBackpropInputV2 DepthwiseConv2dNative
    DepthwiseConv2dNativeBackpropInput Dilation2D ExtractImagePatches FusedBatchNorm
    FusedBatchNormV2 FusedBatchNormV3 FusedPadConv2D FusedResizeAndPadConv2D LRN MaxPool MaxPool3D
    MaxPoolV2
"""
_IMAGES = """
    AdjustContrastv2 AdjustHue AdjustSaturation CropAndResize HSVToRGB RGBToHSV ResizeArea
    ResizeBicubic ResizeBilinear ResizeNearestNeighbor ScaleAndTranslate
"""
_MATRICES = """
    BatchMatMul BatchMatMulV2 BatchMatMulV3 Cholesky Cross Diag DiagPart Einsum LogMatrixDeterminant
    Lu MatMul MatrixBandPart MatrixDeterminant MatrixDiag MatrixDiagPart MatrixDiagPartV2
    MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3 MatrixInverse MatrixSetDiag MatrixSetDiagV2
    MatrixSetDiagV3 MatrixSolve MatrixTriangularSolve Qr SelfAdjointEigV2 Svd
"""
_CHANCE = """
    RandomStandardNormal RandomUniform RandomUniformInt StatelessRandomGetAlg
    StatelessRandomGetKeyCounter StatelessRandomNormal StatelessRandomNormalV2
    StatelessRandomUniform StatelessRandomUniformInt StatelessRandomUniformIntV2
    StatelessRandomUniformV2 StatelessTruncatedNormal StatelessTruncatedNormalV2 TruncatedNormal
"""

# They compute their outputs from their inputs and, some, from chance: they open no file and no
# connection, call no functions and keep nothing.
PURE_OPERATIONS = frozenset(
    " ".join(
        [_STRUCTURE, _SHAPES, _CHOICES, _ARITHMETIC, _FUNCTIONS, _COMPARISONS, _REDUCTIONS]
        + [_ACTIVATIONS, _LAYERS, _IMAGES, _MATRICES, _CHANCE]
    ).split()
)

# Those of their attributes that may be strings: one of a few words, the formula of an Einsum, or
# the text of the error of a CheckNumerics.
STRING_ATTRIBUTES = frozenset(
    ["align", "data_format", "equation", "kernel_type", "message", "method", "mode", "padding"]
)
