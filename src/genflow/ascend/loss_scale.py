"""Factors of the loss that keep small gradients from vanishing in float16."""

import collections
import numbers
from typing import Any, Optional, Union

import tensorflow.compat.v2 as tf

Tensor = tf.Tensor


class FixedLossScale:
    """A factor of the loss that stays as it is.

    The gradients are divided by it again, so that only their range in float16 is another one. An
    update that overflows is not made. Given as `Minimizer(loss_scale=...)`.

    Attributes:
        on_npu: Whether training is to run on an NPU.

    Example:
        >>> FixedLossScale(65536.0).loss_scale
        65536.0

    References:
        Micikevicius et al., Mixed Precision Training, 2018, section 3.2.
        https://arxiv.org/abs/1710.03740
    """

    def __init__(
        self, loss_scale: float, enable_overflow_check: bool = True, on_npu: bool = False
    ) -> None:
        """Constructs the scale; the arguments are those of the adapter's manager.

        Args:
            loss_scale: At least 1.
            enable_overflow_check: Whether an update that overflows is left out, and training
                goes on. Otherwise it ends training on a GPU or a CPU; on an NPU it is made.
            on_npu: Whether overflow is what an NPU says it is, for there it gives no value that
                is not finite. The session must then run on an NPU.

        Raises:
            ValueError: If the scale is no number, or less than 1.
        """
        _check_scale(loss_scale, "loss_scale")
        self.loss_scale, self.on_npu = float(loss_scale), on_npu
        self.enable_overflow_check = enable_overflow_check

    def start(self) -> "LossScaleState":
        """The state of one optimizer, in the default graph; not for an NPU."""
        return LossScaleState(None, tf.constant(self.loss_scale))


class DynamicLossScale:
    """A factor of the loss that grows while nothing overflows, and shrinks when something does.

    After every update

        if it was finite: good += 1;            if good == incr_every_n_steps: grow
        otherwise:        bad += 1; good = 0;   if bad == decr_every_n_nan_or_inf: shrink
        grow:             scale *= incr_ratio, unless it would be infinite; good = bad = 0
        shrink:           scale = max(1, scale * decr_ratio); good = bad = 0

    An update that overflows is not made. Given as `Minimizer(loss_scale=...)`; each optimizer
    has a state of its own. It is the rule of `ExponentialUpdateLossScaleManager`, of TensorFlow
    1.15 and of Ascend's adapter.

    Attributes:
        on_npu: Whether training is to run on an NPU.

    Example:
        >>> DynamicLossScale(init_loss_scale=2.0**15).init_loss_scale
        32768.0

    References:
        Micikevicius et al., Mixed Precision Training, 2018, section 3.2.
        https://arxiv.org/abs/1710.03740
    """

    enable_overflow_check = True

    def __init__(
        self,
        init_loss_scale: float = 2.0**16,
        incr_every_n_steps: int = 1000,
        decr_every_n_nan_or_inf: int = 2,
        incr_ratio: float = 2.0,
        decr_ratio: float = 0.5,
        on_npu: bool = False,
    ) -> None:
        """Constructs the scale; the arguments are those of the adapter's manager.

        Args:
            init_loss_scale: Where it starts; at least 1.
            incr_every_n_steps: Finite updates in a row after which it grows.
            decr_every_n_nan_or_inf: Other updates, in a row or not, after which it shrinks.
            incr_ratio: Factor by which it grows; more than 1.
            decr_ratio: Factor by which it shrinks; between 0 and 1. The adapter's own default is
                0.8, the model zoo's scripts give 0.5.
            on_npu: As for `FixedLossScale`.

        Raises:
            ValueError: If an argument is no number, or out of range.
        """
        _check_scale(init_loss_scale, "init_loss_scale")
        for name, value in (
            ("incr_every_n_steps", incr_every_n_steps),
            ("decr_every_n_nan_or_inf", decr_every_n_nan_or_inf),
        ):
            if not _is_number(value, numbers.Integral) or value < 1:
                _refuse(name, "a positive integer", value)
        if not _is_number(incr_ratio) or not 1 < incr_ratio <= tf.float32.max:
            _refuse("incr_ratio", "more than 1, and finite", incr_ratio)
        if not _is_number(decr_ratio) or not 0 < decr_ratio < 1:
            _refuse("decr_ratio", "between 0 and 1", decr_ratio)
        self.init_loss_scale, self.on_npu = float(init_loss_scale), on_npu
        self.incr_every_n_steps = int(incr_every_n_steps)
        self.decr_every_n_nan_or_inf = int(decr_every_n_nan_or_inf)
        self.incr_ratio, self.decr_ratio = float(incr_ratio), float(decr_ratio)

    def start(self) -> "LossScaleState":
        """The state of one optimizer, in the default graph; not for an NPU."""
        return LossScaleState(self, _variable(self.init_loss_scale, tf.float32, "loss_scale"))


LossScale = Union[FixedLossScale, DynamicLossScale]


class LossScaleState:
    """The loss scale of one optimizer, in a graph.

    Attributes:
        scale: What the loss is multiplied by; a scalar, before `update`.
        num_skipped: Updates that were not made, a variable,
        num_skipped_in_a_row: ... and those of them since the last one that was.

    Example:
        >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        ...     state = DynamicLossScale(4.0, decr_every_n_nan_or_inf=1).start()
        ...     session.run(tf.compat.v1.global_variables_initializer())
        ...     _ = session.run(state.update(tf.constant(False)))
        ...     float(session.run(state.scale)), int(session.run(state.num_skipped))
        (2.0, 1)
    """

    def __init__(self, rule: Optional[DynamicLossScale], scale: Union[tf.Variable, Tensor]) -> None:
        """Makes the counters; `start` of a loss scale constructs it.

        Args:
            rule: How the scale changes; `None` if it does not.
            scale: The variable that holds it, or a constant.
        """
        self._rule, self._variable = rule, scale
        self.scale = tf.identity(scale)
        self.num_skipped = _variable(0, tf.int32, "num_skipped")
        self.num_skipped_in_a_row = _variable(0, tf.int32, "num_skipped_in_a_row")
        if rule is not None:
            self._good = _variable(0, tf.int32, "good_steps")
            self._bad = _variable(0, tf.int32, "bad_steps")

    def named_variables(self) -> "collections.OrderedDict[str, tf.Variable]":
        """What a checkpoint must hold."""
        named = collections.OrderedDict(
            num_skipped=self.num_skipped, num_skipped_in_a_row=self.num_skipped_in_a_row
        )
        if self._rule is not None:
            named.update(bad_steps=self._bad, good_steps=self._good, scale=self._variable)
        return named

    def update(self, is_finite: Tensor) -> Any:
        """The operation that counts an update.

        Args:
            is_finite: Whether it was made.
        """
        skipped = tf.cast(tf.math.logical_not(is_finite), tf.int32)
        in_a_row = skipped * (self.num_skipped_in_a_row + skipped)
        assigns = [
            self.num_skipped.assign_add(skipped, read_value=False),
            self.num_skipped_in_a_row.assign(in_a_row, read_value=False),
        ]
        if self._rule is not None:
            assigns += self._changes(is_finite)
        return tf.group(*assigns)

    def _changes(self, is_finite: Tensor) -> Any:
        rule = self._rule
        is_bad = tf.math.logical_not(is_finite)
        good = tf.where(is_finite, self._good + 1, 0)
        bad = tf.where(is_bad, self._bad + 1, self._bad)
        grows = is_finite & (good >= rule.incr_every_n_steps)
        shrinks = is_bad & (bad >= rule.decr_every_n_nan_or_inf)
        larger = self.scale * rule.incr_ratio
        larger = tf.where(larger < tf.float32.max, larger, self.scale)
        smaller = tf.maximum(1.0, self.scale * rule.decr_ratio)
        scale = tf.where(grows, larger, tf.where(shrinks, smaller, self.scale))
        changes = grows | shrinks
        pairs = [
            (self._variable, scale),
            (self._good, tf.where(changes, 0, good)),
            (self._bad, tf.where(changes, 0, bad)),
        ]
        # All of it is read before any of it is changed.
        with tf.control_dependencies([value for _, value in pairs]):
            return [variable.assign(value, read_value=False) for variable, value in pairs]


def parse_loss_scale(text: str, on_npu: bool = False) -> Optional[LossScale]:
    """The loss scale that a flag asks for.

    Args:
        text: `""` for none, `"dynamic"`, or a number.
        on_npu: Whether training is to run on an NPU. There is always a loss scale then, of 1 if
            none is asked for: it is by its optimizer that an overflow is noticed, and that
            gradients are averaged over the processes.

    Returns:
        The scale, or `None`.

    Raises:
        ValueError: If it is neither.

    Example:
        >>> parse_loss_scale("65536").loss_scale
        65536.0
        >>> parse_loss_scale("dynamic").init_loss_scale
        65536.0
    """
    if text == "":
        return FixedLossScale(1.0, on_npu=True) if on_npu else None
    if text == "dynamic":
        return DynamicLossScale(on_npu=on_npu)
    try:
        scale = float(text)
    except ValueError:
        raise ValueError(
            '`loss_scale` (`--loss_scale`) must be "dynamic", a number that is at least 1, or '
            "empty for none; got {!r}.".format(text)
        ) from None
    return FixedLossScale(scale, on_npu=on_npu)


def check_loss_scale(loss_scale: Any) -> None:
    """Refuses what is no loss scale, such as a number or what a flag says.

    Args:
        loss_scale: Of a `Minimizer`; `None` for none.

    Raises:
        TypeError: If it is something else.

    Example:
        >>> check_loss_scale(65536)
        Traceback (most recent call last):
        TypeError: `loss_scale` must be a FixedLossScale or a DynamicLossScale ...; got 65536: ...
    """
    if loss_scale is not None and not isinstance(loss_scale, (FixedLossScale, DynamicLossScale)):
        raise TypeError(
            "`loss_scale` must be a FixedLossScale or a DynamicLossScale of genflow.ascend, or "
            "None; got {!r}: write FixedLossScale(65536.0) or DynamicLossScale().".format(
                loss_scale
            )
        )


def _check_scale(value: float, name: str) -> None:
    if not _is_number(value) or not 1 <= value <= tf.float32.max:
        raise ValueError(
            "`{}` must be a number that is at least 1; got {!r}: write 65536.0, or 1.0 to leave "
            "the loss as it is.".format(name, value)
        )


def _refuse(name: str, rule: str, value: Any) -> None:
    raise ValueError(
        "`{}` must be {}; got {!r}: leave it out for what is usual.".format(name, rule, value)
    )


def _is_number(value: Any, kind: Any = numbers.Real) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _variable(start: Any, dtype: tf.DType, name: str) -> tf.Variable:
    return tf.Variable(lambda: tf.constant(start, dtype), trainable=False, name=name)
