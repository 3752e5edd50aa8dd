//! A case, and how a Rust runtime is probed with it.

use std::time::Instant;

/// A tensor, whose points are along the axis before the last.
#[derive(Clone)]
pub struct Tensor {
    pub name: String,
    pub dims: Vec<usize>,
    pub data: Vec<f32>,
}

impl Tensor {
    /// Returns the points so often one after another.
    fn times(&self, n: usize) -> Tensor {
        let axis = self.dims.len() - 2;
        let mut dims = self.dims.clone();
        dims[axis] *= n;
        let block = self.dims[axis] * self.dims[axis + 1];
        let data = self.data.chunks(block).flat_map(|rows| rows.repeat(n)).collect();
        Tensor { name: self.name.clone(), dims, data }
    }
}

/// Opens the file that the first argument names a case of, runs it, and prints as JSON how far its output differs from Go's and
/// how fast it was. `open` returns the model, and `run` its output for the inputs.
pub fn probe<M>(open: impl Fn(&str) -> Result<M, String>, run: impl Fn(&M, &[Tensor]) -> Result<Vec<f32>, String>) {
    match measure(open, run) {
        Ok((difference, open, rate)) => {
            println!("{{\"difference\": {difference:e}, \"open\": {open:e}, \"rate\": {rate:e}}}")
        }
        Err(text) => {
            let plain: String = text.chars().map(|c| if c < ' ' || "\"\\".contains(c) { ' ' } else { c }).collect();
            println!("{{\"error\": \"{plain}\"}}")
        }
    }
}

fn measure<M>(
    open: impl Fn(&str) -> Result<M, String>,
    run: impl Fn(&M, &[Tensor]) -> Result<Vec<f32>, String>,
) -> Result<(f64, f64, f64), String> {
    let (path, repeat, unit, mut inputs) = read()?;
    let want = inputs.pop().ok_or("the case has no output")?;
    let mut opened = f64::INFINITY;
    let mut model = None;
    for _ in 0..2 {
        let start = Instant::now();
        model = Some(open(&path)?);
        opened = opened.min(start.elapsed().as_secs_f64());
    }
    let model = model.ok_or("the file was not opened")?;
    let mut difference = compare(&run(&model, &inputs)?, &want.data, &unit)?;
    let inputs: Vec<Tensor> = inputs.iter().map(|m| m.times(repeat)).collect();
    let (all, begin) = (want.times(repeat), Instant::now());
    let (mut rate, mut calls) = (0f64, 0);
    while repeat > 0 && (calls < 3 || begin.elapsed().as_secs_f64() < 1.) {
        let start = Instant::now();
        let got = run(&model, &inputs)?;
        rate = rate.max(all.dims[0] as f64 / start.elapsed().as_secs_f64());
        difference = difference.max(compare(&got, &all.data, &unit)?);
        calls += 1;
    }
    Ok((difference, opened, rate))
}

/// Returns the path, the number of repetitions, the units of differences, and the inputs followed by the output.
fn read() -> Result<(String, usize, Vec<f64>, Vec<Tensor>), String> {
    let path = std::env::args().nth(1).ok_or("usage: probe CASE.txt")?;
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let lines: Vec<&str> = text.lines().collect();
    let number = |word: &str| word.parse::<usize>().map_err(|e| e.to_string());
    let unit: Result<Vec<f64>, _> = lines[2].split_whitespace().map(str::parse).collect();
    let mut tensors = Vec::new();
    for pair in lines[3..].chunks(2) {
        let head: Vec<&str> = pair[0].split(' ').collect();
        let data: Result<Vec<f32>, _> = pair[1].split_whitespace().map(str::parse).collect();
        let dims: Result<Vec<usize>, _> = head[1..].iter().map(|n| number(n)).collect();
        tensors.push(Tensor { name: head[0].to_string(), dims: dims?, data: data.map_err(|e| e.to_string())? });
    }
    Ok((lines[0].to_string(), number(lines[1])?, unit.map_err(|e| e.to_string())?, tensors))
}

/// Returns the largest difference, in units of the numbers of a point: 1e300 if it is not finite.
fn compare(got: &[f32], want: &[f32], unit: &[f64]) -> Result<f64, String> {
    if got.len() != want.len() {
        return Err(format!("the output has {} numbers, want {}", got.len(), want.len()));
    }
    let mut largest = 0f64;
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        let d = (*a as f64 - *b as f64).abs() / unit[i % unit.len()];
        if !(d <= largest) {
            largest = if d.is_finite() { d } else { 1e300 };
        }
    }
    Ok(largest)
}
