"""The entry of a session's configuration in which the adapter looks for its options."""

from typing import Any, Dict, List

import tensorflow.compat.v2 as tf

from genflow.ascend.option_checks import find_option
from genflow.ascend.options import Option, Value

ConfigProto = tf.compat.v1.ConfigProto

NAME = "NpuOptimizer"
_FIELD_NAMES = {"b": "bool", "i": "int", "s": "str"}
_WRITERS = {"b": bool, "i": int, "s": str.encode}


def read_options(config: ConfigProto) -> Dict[str, Value]:
    """Reads the options that a configuration has for the NPU.

    An entry without name and parameters is passed over: the Improved-GAN of the model zoo has one.

    Args:
        config: Of a session. It is not changed.

    Raises:
        TypeError: If an option stands in the field of another type.
        ValueError: If an option has no value, or two of them; if there is no such option; if there
            is another custom optimizer.

    Example:
        >>> read_options(tf.compat.v1.ConfigProto())
        {}
    """
    options: Dict[str, Value] = {}
    for entry in _entries(config):
        for key, attribute in entry.parameter_map.items():
            value = _read(find_option(key), attribute)
            if options.setdefault(key, value) != value:
                raise ValueError(
                    "`{}` must be given once; `config` has {!r} and {!r}, in two entries {!r}: "
                    "keep one of them.".format(key, options[key], value, NAME)
                )
    return options


def write_options(config: ConfigProto, options: Dict[str, Value]) -> None:
    """Makes one entry of the options, in place of those that are there.

    Args:
        config: Of a session; changed in place.
        options: By key.

    Example:
        >>> config = tf.compat.v1.ConfigProto()
        >>> write_options(config, {"graph_run_mode": 1})
        >>> read_options(config)
        {'graph_run_mode': 1}
    """
    optimizers = config.graph_options.rewrite_options.custom_optimizers
    del optimizers[:]
    entry = optimizers.add()
    entry.name = NAME
    for key in sorted(options):
        option = find_option(key)
        setattr(entry.parameter_map[key], option.type, _WRITERS[option.type](options[key]))


def effective_options(config: ConfigProto) -> Dict[str, Value]:
    """Reads back what a configuration tells the NPU.

    Args:
        config: Of a session, such as `session_config` makes. It is not changed.

    Returns:
        The options by key, sorted; none if the configuration leaves the graph on the host because
        it has no entry for the NPU. Options that are missing have the defaults of `OPTIONS`.

    Raises:
        TypeError: If an option stands in the field of another type.
        ValueError: If an option has no value, or is none; if there is another custom optimizer.

    Example:
        >>> from genflow.ascend import session_config
        >>> effective_options(session_config("allow_mix_precision"))
        {'precision_mode': 'allow_mix_precision', 'use_off_line': True}
    """
    options = read_options(config)
    if _entries(config):
        options.setdefault("use_off_line", True)  # As the adapter takes it.
    return {key: options[key] for key in sorted(options)}


def _entries(config: ConfigProto) -> List[Any]:
    """The entries for the NPU; refuses others."""
    entries = []
    for entry in config.graph_options.rewrite_options.custom_optimizers:
        if entry.name == NAME:
            entries.append(entry)
        elif entry.name or entry.parameter_map:
            raise ValueError(
                "`config` must have no custom optimizer but {!r}, which the adapter finds by "
                "exactly this name; got {!r}: {}.".format(
                    NAME,
                    entry.name,
                    "name it so" if _is_meant(entry.name) else "take it out",
                )
            )
    return entries


def _is_meant(name: str) -> bool:
    """Whether a name stands for the entry that the adapter reads."""
    return name.strip().casefold() in ("", NAME.casefold())


def _read(option: Option, attribute: Any) -> Value:
    """The value of an attribute, which must be in the field that the adapter reads."""
    field = attribute.WhichOneof("value")
    if field is None:
        raise ValueError(
            "`{0}` must have a value; got an empty entry of `parameter_map`, as reading "
            "`parameter_map[{0!r}]` leaves one: set its field `.{1}`.".format(
                option.key, option.type
            )
        )
    if field != option.type:
        raise TypeError(
            "`{}` must be a {}, in the field `.{}`; got the field `.{}`: write it to the former. "
            "The adapter would read {!r}.".format(
                option.key,
                _FIELD_NAMES[option.type],
                option.type,
                field,
                {"b": False, "i": 0, "s": ""}[option.type],
            )
        )
    value = getattr(attribute, field)
    return _decoded(option, value) if field == "s" else value


def _decoded(option: Option, value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            "`{}` must be text in UTF-8; got {!r}: encode it so.".format(option.key, value)
        ) from error
