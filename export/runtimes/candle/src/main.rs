//! Probes a file in candle-onnx.

#[path = "../../case.rs"]
mod case;

use candle_core::{Device, Tensor};
use std::collections::HashMap;

fn main() {
    case::probe(
        |path| candle_onnx::read_file(path).map_err(|e| e.to_string()),
        |model, inputs| run(model, inputs).map_err(|e| e.to_string()),
    );
}

fn run(model: &candle_onnx::onnx::ModelProto, inputs: &[case::Tensor]) -> candle_core::Result<Vec<f32>> {
    let mut feeds = HashMap::new();
    for m in inputs {
        feeds.insert(m.name.clone(), Tensor::from_slice(&m.data, m.dims.clone(), &Device::Cpu)?);
    }
    let name = &model.graph.as_ref().expect("a graph").output[0].name;
    let mut outputs = candle_onnx::simple_eval(model, feeds)?;
    outputs.remove(name).expect("the output").flatten_all()?.to_vec1()
}
