// Reads one JSON case per line from standard input and writes one JSON answer per line, computed by viem.
// Run with the folder of node_modules as the working directory: imports resolve from there.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const viem = await load("viem");
const accounts = await load("viem/accounts");
const siwe = await load("viem/siwe");

// JSON has no big integers: they come as decimal strings and are revived by type.
const revive = (type, components, value) => {
  const array = /^(.*)\[\d*\]$/.exec(type);
  if (array) return value.map((v) => revive(array[1], components, v));
  if (/^u?int/.test(type)) return BigInt(value);
  if (type === "tuple") return value.map((v, i) => revive(components[i].type, components[i].components, v));
  return value;
};

const reviveTyped = (types, type, value) => {
  const array = /^(.*)\[\d*\]$/.exec(type);
  if (array) return value.map((v) => reviveTyped(types, array[1], v));
  if (types[type]) return Object.fromEntries(types[type].map((f) => [f.name, reviveTyped(types, f.type, value[f.name])]));
  return /^u?int/.test(type) ? BigInt(value) : value;
};

const typedData = ({ types, primaryType, domain, message }) => ({
  types,
  primaryType,
  domain: reviveTyped(types, "EIP712Domain", domain),
  message: reviveTyped(types, primaryType, message),
});

const transaction = (tx) => ({
  ...tx,
  type: "eip1559",
  maxFeePerGas: BigInt(tx.maxFeePerGas),
  maxPriorityFeePerGas: BigInt(tx.maxPriorityFeePerGas),
  gas: BigInt(tx.gas),
  value: BigInt(tx.value),
});

// Evidence of metering: each window is a record and as many lines of series as it says. The root of the last one, or why there is none.
const evidenceRoot = (lines) => {
  const hash = (text) => viem.keccak256(viem.toBytes(text));
  let root;
  for (let at = 0; at < lines.length; ) {
    const record = JSON.parse(lines[at]);
    const series = lines.slice(at + 1, at + 1 + record.series);
    if (series.length !== record.series || viem.keccak256(viem.concat(series.map(hash))) !== record.samples) return `window ${record.window}: other samples`;
    if (root !== undefined && record.previous !== root) return `window ${record.window}: another window before it`;
    root = viem.keccak256(viem.concat([record.previous, hash(lines[at])]));
    at += 1 + record.series;
  }
  return root ?? "no window";
};

const answers = {
  evidence: (c) => evidenceRoot(c.lines),
  abi: (c) => viem.encodeAbiParameters([c.parameter], [revive(c.parameter.type, c.parameter.components, c.value)]),
  keccak: (c) => viem.keccak256(c.data),
  rlp: (c) => viem.toRlp(c.item),
  checksum: (c) => viem.getAddress(c.address),
  selector: (c) => viem.toFunctionSelector(c.signature),
  topics: (c) => viem.encodeEventTopics({ abi: [c.event], args: c.args.map((v, i) => revive(c.event.inputs[i].type, [], v)) }),
  message: (c) => accounts.privateKeyToAccount(c.key).signMessage({ message: { raw: c.data } }),
  transaction: (c) => accounts.privateKeyToAccount(c.key).signTransaction(transaction(c.transaction)),
  typedData: (c) => viem.hashTypedData(typedData(c.data)),
  signTypedData: (c) => accounts.privateKeyToAccount(c.key).signTypedData(typedData(c.data)),
  signIn: (c) => siwe.createSiweMessage({ ...c.message, issuedAt: new Date(c.message.issuedAt), ...(c.message.expirationTime && { expirationTime: new Date(c.message.expirationTime) }) }),
  // Not exported by name, so by path.
  multicall3: () => require(path.join(process.cwd(), "node_modules/viem/_cjs/constants/contracts.js")).multicall3Bytecode,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...rest } = JSON.parse(line);
  process.stdout.write(JSON.stringify(await answers[op](rest)) + "\n");
}
