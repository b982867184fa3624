//! Recurrent networks.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Int, Text, Texts};
use crate::paddle::emit::Tensor;

/// What distinguishes the cells.
struct Cell {
    op_type: &'static str,
    /// Where Paddle has the gates that ONNX wants first, second and so on.
    gates: &'static [i64],
    activation: Option<&'static str>,
}

/// `rnn`: one `LSTM`, `GRU` or `RNN` per layer, of both directions at once. ONNX has the gates in another order: LSTM i, o, f, c for
/// Paddle's i, f, c, o; GRU z, r, h for r, z, c. Weights come for each layer and direction as input weights and recurrent
/// weights, then all biases likewise.
pub fn rnn(c: &mut Context<'_>) -> Result<()> {
    let cell = match c.text_or("mode", "RNN_TANH")? {
        "LSTM" => Cell { op_type: "LSTM", gates: &[0, 3, 1, 2], activation: None },
        "GRU" => Cell { op_type: "GRU", gates: &[1, 0, 2], activation: None },
        "RNN_TANH" => Cell { op_type: "RNN", gates: &[0], activation: Some("Tanh") },
        "RNN_RELU" => Cell { op_type: "RNN", gates: &[0], activation: Some("Relu") },
        other => return Err(c.error(format_args!("no recurrent network {other:?}"))),
    };
    let is_both = c.bool_or("is_bidirec", false)?;
    let directions: usize = if is_both { 2 } else { 1 };
    let layers = usize::try_from(c.int_or("num_layers", 1)?).unwrap_or(0);
    let hidden = c.int("hidden_size")?;
    let weights = in_float32(c, "weight_list")?;
    if weights.len() != 4 * layers * directions || layers == 0 || hidden < 1 {
        let text = format!("expected {} weights for {layers} layers", 4 * layers * directions);
        return Err(c.error(format_args!("{text}, got {}", weights.len())));
    }
    let (matrices, biases) = weights.split_at(weights.len() / 2);
    let states = in_float32(c, "pre_state")?;
    let lengths = match c.has_input("sequence_length") {
        true => {
            let lengths = c.operand("sequence_length")?;
            c.cast(lengths, c.input("sequence_length")?.data_type, DataType::Int32)
        }
        false => Tensor::NONE,
    };
    let mut x = c.operand_in_float32("x")?;
    let mut last = vec![Vec::new(); states.len()];
    for layer in 0..layers {
        let own = 2 * layer * directions..2 * (layer + 1) * directions;
        let (matrices, biases) = (&matrices[own.clone()], &biases[own]);
        let [input, recurrent] = [0, 1].map(|kind| gathered(c, &cell, matrices, kind, hidden, directions));
        let [first, second] = [0, 1].map(|kind| gathered(c, &cell, biases, kind, hidden, directions));
        let bias = c.concat(&[first, second], 1);
        let mut inputs = vec![x, input, recurrent, bias, lengths];
        for state in &states {
            let rows = ((layer * directions) as i64, ((layer + 1) * directions) as i64);
            inputs.push(if layers == 1 { *state } else { c.slice(*state, &[0], &[rows.0], &[rows.1]) });
        }
        let activations: Vec<&str> =
            cell.activation.iter().flat_map(|name| vec![*name; directions]).collect();
        let mut fields = vec![
            ("hidden_size", Int(hidden)),
            ("direction", Text(if is_both { "bidirectional" } else { "forward" })),
        ];
        if !activations.is_empty() {
            fields.push(("activations", Texts(&activations)));
        }
        if cell.op_type == "GRU" {
            fields.push(("linear_before_reset", Int(1)));
        }
        let results = c.nodes(cell.op_type, &inputs, &fields, 1 + states.len());
        // [time, direction, batch, hidden] becomes [time, batch, direction * hidden].
        x = if is_both {
            let turned = c.transpose(results[0], &[0, 2, 1, 3]);
            c.reshape(turned, &[0, 0, 2 * hidden])
        } else {
            c.squeeze(results[0], &[1])
        };
        for (all, state) in last.iter_mut().zip(&results[1..]) {
            all.push(*state);
        }
    }
    c.set_from_float32("out", x)?;
    let is_double = c.input("x")?.data_type == DataType::Float64;
    let kept: Vec<Tensor> = last
        .iter()
        .map(|all| {
            let state = c.concat(all, 0);
            if is_double { c.cast(state, DataType::Float32, DataType::Float64) } else { state }
        })
        .collect();
    c.set_all("state", &kept);
    Ok(())
}

/// The operand `name`, a list, in single precision.
fn in_float32(c: &mut Context<'_>, name: &str) -> Result<Vec<Tensor>> {
    let mut all = c.operands(name)?;
    for (tensor, id) in all.iter_mut().zip(c.operator.input(name)) {
        if c.kind_of(*id)?.data_type == DataType::Float64 {
            *tensor = c.cast(*tensor, DataType::Float64, DataType::Float32);
        }
    }
    Ok(all)
}

/// Of each direction's pair of weights that of `kind`, with the gates in ONNX's order, under an axis of directions.
fn gathered(
    c: &mut Context<'_>,
    cell: &Cell,
    weights: &[Tensor],
    kind: usize,
    hidden: i64,
    directions: usize,
) -> Tensor {
    let mut all = Vec::with_capacity(directions);
    for direction in 0..directions {
        let weight = weights[2 * direction + kind];
        let gates: Vec<Tensor> = match cell.gates {
            [_] => vec![weight],
            gates => gates
                .iter()
                .map(|gate| c.slice(weight, &[0], &[gate * hidden], &[(gate + 1) * hidden]))
                .collect(),
        };
        let ordered = c.concat(&gates, 0);
        all.push(c.unsqueeze(ordered, &[0]));
    }
    c.concat(&all, 0)
}
