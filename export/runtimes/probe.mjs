// repeated repeats the points of a tensor, which are along the axis before the last.
function repeated({ dims, data }, times) {
  const block = dims.at(-2) * dims.at(-1), all = [];
  for (let i = 0; i < data.length; i += block) all.push(...Array(times).fill(data.slice(i, i + block)).flat());
  return { dims: [...dims.slice(0, -2), times * dims.at(-2), dims.at(-1)], data: all };
}

// probe runs a model on a case and returns how far its output differs from Go's and how fast it was, or why it failed.
export async function probe(ort, model, { inputs, output, unit, repeat }) {
  try {
    const options = { intraOpNumThreads: 1, logSeverityLevel: 3 };
    let session, open = Infinity;
    for (let i = 0; i < 2; i++) {
      const start = performance.now();
      session = await ort.InferenceSession.create(model, options);
      open = Math.min(open, (performance.now() - start) / 1e3);
    }
    const run = async (times) => {
      const feeds = {};
      for (const [name, value] of Object.entries(inputs)) {
        const { dims, data } = repeated(value, times);
        feeds[name] = new ort.Tensor("float32", Float32Array.from(data), dims);
      }
      const start = performance.now();
      const got = (await session.run(feeds))[session.outputNames[0]].data;
      return { got, seconds: (performance.now() - start) / 1e3 };
    };
    const compare = (got, times) => {
      const want = repeated(output, times).data;
      if (got.length !== want.length) throw `the output has ${got.length} numbers, want ${want.length}`;
      let difference = 0;
      for (let i = 0; i < want.length; i++) {
        const d = Math.abs(got[i] - want[i]) / unit[i % unit.length];
        if (!(d <= difference)) difference = Number.isFinite(d) ? d : 1e300;
      }
      return difference;
    };
    let difference = compare((await run(1)).got, 1), rate = 0;
    for (let i = 0, start = performance.now(); repeat && (i < 3 || performance.now() - start < 1000); i++) {
      const { got, seconds } = await run(repeat);
      difference = Math.max(difference, compare(got, repeat));
      rate = Math.max(rate, (repeat * output.dims[0]) / seconds);
    }
    return { difference, open, rate };
  } catch (e) {
    return { error: String(e) };
  }
}
