// paint paints images on a canvas, a pixel of the canvas for each of theirs and one between two images, and returns the values that are
// black and white: the range of all but the 1 % of numbers at either end.
export function paint(canvas, data, [channels, height, width], columns) {
  const size = height * width, count = data.length / (channels * size);
  const sorted = Float32Array.from(data).sort();
  const low = sorted[Math.floor(0.01 * (sorted.length - 1))], high = sorted[Math.ceil(0.99 * (sorted.length - 1))];
  canvas.width = columns * (width + 1) - 1;
  canvas.height = Math.ceil(count / columns) * (height + 1) - 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (let k = 0; k < count; k++) {
    const image = context.createImageData(width, height);
    for (let i = 0; i < size; i++) {
      for (let c = 0; c < 3; c++) { // a single channel is grey
        const value = data[(k * channels + Math.min(c, channels - 1)) * size + i];
        image.data[4 * i + c] = Math.round((255 * (value - low)) / (high - low || 1));
      }
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, (k % columns) * (width + 1), Math.floor(k / columns) * (height + 1));
  }
  return [low, high];
}
