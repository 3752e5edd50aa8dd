// probe runs a model on a case and returns how far its output differs from Go's, or why it failed.
export async function probe(ort, model, { inputs, output }) {
  try {
    const session = await ort.InferenceSession.create(model);
    const feeds = {};
    for (const [name, rows] of Object.entries(inputs)) {
      feeds[name] = new ort.Tensor("float32", Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
    }
    const got = (await session.run(feeds))[session.outputNames[0]].data;
    const want = output.flat();
    if (got.length !== want.length) return { error: `the output has ${got.length} numbers, want ${want.length}` };
    let difference = 0;
    for (let i = 0; i < want.length; i++) {
      const d = Math.abs(got[i] - want[i]);
      if (!(d <= difference)) difference = Number.isFinite(d) ? d : 1e300;
    }
    return { difference };
  } catch (e) {
    return { error: String(e) };
  }
}
