// node node.mjs CASE.json: probes a file in onnxruntime-web under Node.
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-web";
import { probe } from "./probe.mjs";

const testCase = JSON.parse(await readFile(process.argv[2]));
console.log(JSON.stringify(await probe(ort, new Uint8Array(await readFile(testCase.path)), testCase)));
