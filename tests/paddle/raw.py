"""Operators of the old format that today's Python functions no longer write, but files in use have."""

from paddle.base.layer_helper import LayerHelper


def raw(operator: str, inputs: dict, outputs: dict, attributes: dict | None = None):
    """Appends an operator; `outputs` are slots with their element types, of which the first one is given back."""
    helper = LayerHelper(operator)
    made = {slot: helper.create_variable_for_type_inference(dtype) for slot, dtype in outputs.items()}
    helper.append_op(
        type=operator,
        inputs={slot: value if isinstance(value, list) else [value] for slot, value in inputs.items()},
        outputs={slot: [value] for slot, value in made.items()},
        attrs=attributes or {},
    )
    return next(iter(made.values()))
