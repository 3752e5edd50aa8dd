// node node.mjs PACKAGE CASE.json: probes a file in onnxruntime-web or onnxruntime-node under Node.
import { readFile } from "node:fs/promises";
import { probe } from "./probe.mjs";

const ort = await import(process.argv[2]);
const testCase = JSON.parse(await readFile(process.argv[3]));
console.log(JSON.stringify(await probe(ort, new Uint8Array(await readFile(testCase.path)), testCase)));
