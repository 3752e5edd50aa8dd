import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Runs an exported file in onnxruntime's Java package, and prints as JSON how far its output differs from Go's and how fast it was.
 *
 * <p>java -cp onnxruntime.jar Probe.java CASE.txt
 */
public class Probe {
  record Tensor(long[] dims, float[] data) {
    /** The points, which are along the axis before the last, so often one after another. */
    Tensor times(int n) {
      long[] larger = dims.clone();
      larger[dims.length - 2] *= n;
      int block = (int) (dims[dims.length - 2] * dims[dims.length - 1]);
      float[] all = new float[n * data.length];
      for (int i = 0; i < n * data.length / block; i++) System.arraycopy(data, i / n * block, all, i * block, block);
      return new Tensor(larger, all);
    }
  }

  static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);

  public static void main(String[] args) {
    try {
      System.out.println(probe(Files.readAllLines(Path.of(args[0]))));
    } catch (Exception e) { // report whatever the runtime throws
      String text = e.toString().replaceAll("[^ -~]", " ").replace("\\", "\\\\").replace("\"", "\\\"");
      System.out.println("{\"error\": \"" + text + "\"}");
    }
  }

  static String probe(List<String> lines) throws Exception {
    int repeat = Integer.parseInt(lines.get(1));
    double[] unit = Arrays.stream(lines.get(2).split(" ")).mapToDouble(Double::parseDouble).toArray();
    Map<String, Tensor> inputs = new HashMap<>();
    for (int i = 3; i < lines.size(); i += 2) {
      String[] head = lines.get(i).split(" "), numbers = lines.get(i + 1).split(" ");
      float[] data = new float[numbers.length];
      for (int j = 0; j < data.length; j++) data[j] = Float.parseFloat(numbers[j]);
      long[] dims = Arrays.stream(head).skip(1).mapToLong(Long::parseLong).toArray();
      inputs.put(head[0], new Tensor(dims, data));
    }
    Tensor want = inputs.remove("output");
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(1);
    OrtSession session = null;
    double open = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 2; i++) {
      long start = System.nanoTime();
      session = ENVIRONMENT.createSession(lines.get(0), options);
      open = Math.min(open, (System.nanoTime() - start) / 1e9);
    }
    double[] once = run(session, inputs, want, unit, 1);
    double difference = once[0], rate = 0;
    long begin = System.nanoTime();
    for (int i = 0; repeat > 0 && (i < 3 || System.nanoTime() - begin < 1e9); i++) {
      double[] many = run(session, inputs, want, unit, repeat);
      difference = Math.max(difference, many[0]);
      rate = Math.max(rate, repeat * want.dims()[0] / many[1]);
    }
    return String.format(Locale.ROOT, "{\"difference\": %g, \"open\": %g, \"rate\": %g}", difference, open, rate);
  }

  /** Returns the largest difference from the repeated output, in units of the numbers of a point, and the seconds. */
  static double[] run(OrtSession session, Map<String, Tensor> inputs, Tensor want, double[] unit, int times) throws Exception {
    Map<String, OnnxTensor> feeds = new HashMap<>();
    for (var input : inputs.entrySet()) {
      Tensor t = input.getValue().times(times);
      feeds.put(input.getKey(), OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(t.data()), t.dims()));
    }
    long start = System.nanoTime();
    try (OrtSession.Result result = session.run(feeds)) {
      double seconds = (System.nanoTime() - start) / 1e9;
      FloatBuffer got = ((OnnxTensor) result.get(0)).getFloatBuffer();
      Tensor all = want.times(times);
      if (got.remaining() != all.data().length) throw new Exception("the output has " + got.remaining() + " numbers, want " + all.data().length);
      double difference = 0;
      for (int i = 0; i < all.data().length; i++) {
        double d = Math.abs((double) got.get() - all.data()[i]) / unit[i % unit.length];
        if (!(d <= difference)) difference = Double.isFinite(d) ? d : 1e300;
      }
      return new double[] {difference, seconds};
    } finally {
      feeds.values().forEach(OnnxTensor::close);
    }
  }
}
