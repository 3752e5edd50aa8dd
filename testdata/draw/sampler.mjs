// What a page needs to draw from a conditional sampler.onnx: its metadata, which onnxruntime-web does not show, its inputs, and noise.

// metadata returns the metadata of an ONNX file, the pairs in field 14 of ModelProto.
export function metadata(bytes) {
  const found = {};
  for (const { field, content } of fields(bytes)) {
    if (field !== 14) continue;
    const [key, value] = [1, 2].map((part) => [...fields(content)].find((f) => f.field === part));
    found[text(key.content)] = text(value?.content ?? new Uint8Array());
  }
  return found;
}

// required returns an ONNX file whose input has no default. onnxruntime-web does not take inputs with defaults, and a default is an
// initializer of that name: field 5 of GraphProto, which is field 7 of ModelProto.
export function required(bytes, input) {
  const name = (tensor) => [...fields(tensor)].filter((f) => f.field === 8).map((f) => text(f.content))[0];
  const parts = [];
  for (const { field, content, whole } of fields(bytes)) {
    if (field !== 7) {
      parts.push(whole);
      continue;
    }
    const graph = [...fields(content)].filter((f) => f.field !== 5 || name(f.content) !== input).map((f) => f.whole);
    parts.push(Uint8Array.of(7 * 8 + 2), varint(graph.reduce((sum, part) => sum + part.length, 0)), ...graph);
  }
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const text = (bytes) => new TextDecoder().decode(bytes);

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.from([...bytes, value]);
}

// fields yields the fields of a message in the wire format of protocol buffers: the number, the bytes, and the content of those that have
// a length.
function* fields(bytes) {
  const cut = () => new Error("The file is no ONNX model, or it is cut off.");
  let at = 0;
  const varint = () => {
    for (let value = 0, unit = 1; at < bytes.length; unit *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
    throw cut();
  };
  while (at < bytes.length) {
    const start = at, tag = varint(), kind = tag % 8;
    let from = at;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const size = varint();
      from = at;
      at += size;
    } else throw cut();
    if (at > bytes.length) throw cut();
    yield { field: Math.floor(tag / 8), content: kind === 2 ? bytes.subarray(from, at) : new Uint8Array(), whole: bytes.subarray(start, at) };
  }
}

// open opens a sampler of images of classes. Its draw takes noise, the number of a class for each image (-1 for any), and the weight of the
// guidance, and returns the numbers of the images with their shape, [channels, height, width].
export async function open(ort, bytes) {
  const about = metadata(bytes);
  if (!about.classes) throw new Error("The file takes no class: export a run of a target with a label.");
  const guided = about.guidance !== undefined;
  const session = await ort.InferenceSession.create(guided ? required(bytes, "guidance") : bytes, { logSeverityLevel: 3 });
  const input = (name) => session.inputMetadata.find((i) => i.name === name);
  const noise = input("noise");
  if (!noise || !session.outputNames.includes("samples")) throw new Error("The file is no sampler: choose sampler.onnx.");
  if (input("step_noise")) throw new Error("The sampler adds noise on the way: export a run without sde.");
  const shape = noise.shape.slice(1);
  if (shape.length !== 3 || ![1, 3].includes(shape[0])) throw new Error(`The points have the shape [${shape}]: this page draws images of 1 or 3 channels.`);
  return {
    name: about.label, classes: JSON.parse(about.classes), guidance: guided ? Number(about.guidance) : undefined, formula: about.guidance_formula,
    size: shape.reduce((a, b) => a * b),
    async draw(values, labels, weight) {
      const feeds = {
        noise: new ort.Tensor("float32", values, [labels.length, ...shape]),
        label: new ort.Tensor("int64", BigInt64Array.from(labels, BigInt), [labels.length]),
      };
      if (guided) feeds.guidance = new ort.Tensor("float32", [weight], []);
      const { samples } = await session.run(feeds, ["samples"]);
      return { data: samples.data, shape };
    },
  };
}

// normal returns standard normal numbers that depend on the seed alone: pairs of Box and Muller (1958) from the generator mulberry32.
export function normal(seed, count) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const r = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
    numbers[i] = r * Math.cos(angle);
    if (i + 1 < count) numbers[i + 1] = r * Math.sin(angle);
  }
  return numbers;
}
