// Adds up the results that .ci/test left in a folder: prints failures and reasons of skipped tests, and at the end
// "N passed, N failed, N skipped". Exit code 1 when anything failed.
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';

const folder = process.argv[2];
const sum = { passed: 0, failed: 0, skipped: 0 };

const decode = (text) => text.replace(/&#x([0-9A-Fa-f]+);/g, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
  .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&apos;/g, "'").replace(/&amp;/g, '&');
const inside = (xml, tag) => decode(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(xml)?.[1] ?? '').trim();
const indent = (text) => text.split('\n').map((line) => `      ${line.trimEnd()}`).join('\n');
const lastLines = (path, count) => readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');

// A .NET project's results, in Visual Studio's format.
function readTrx(name, path) {
  let failed = 0;
  for (const [, attributes, , body = ''] of readFileSync(path, 'utf8').matchAll(/<UnitTestResult ([^>]*?)(\/>|>([\s\S]*?)<\/UnitTestResult>)/g)) {
    const test = decode(/testName="([^"]*)"/.exec(attributes)[1]);
    const outcome = /outcome="([^"]*)"/.exec(attributes)[1];
    if (outcome === 'Passed') sum.passed++;
    else if (outcome === 'NotExecuted') {
      sum.skipped++;
      console.log(`\n  skipped: ${test}: ${inside(body, 'Message') || inside(body, 'StdOut') || 'no reason given'}`);
    } else {
      failed++;
      console.log(`\n  FAILED: ${test}\n${indent(inside(body, 'Message'))}\n${indent(inside(body, 'StackTrace').split('\n').slice(0, 6).join('\n'))}`);
    }
  }
  sum.failed += failed;
  return failed;
}

// forge's own summary line; its failures are listed above it in the log.
function readForge(log) {
  const text = readFileSync(log, 'utf8').replace(/\u001b\[[0-9;]*m/g, '');
  const [, passed, failed, skipped] = [...text.matchAll(/(\d+) tests? passed, (\d+) failed, (\d+) skipped/g)].at(-1) ?? [0, 0, 0, 0];
  sum.passed += Number(passed); sum.failed += Number(failed); sum.skipped += Number(skipped);
  for (const [line] of text.matchAll(/^\[(FAIL|SKIP).*$/gm)) console.log(`\n  contracts: ${line}`);
  return Number(failed);
}

for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.exit')).sort()) {
  const name = basename(file, '.exit');
  const log = join(folder, `${name}.log`);
  const trx = join(folder, `${name}.trx`);
  const failed = name === 'contracts' ? readForge(log) : existsSync(trx) ? readTrx(name, trx) : 0;
  const code = readFileSync(join(folder, file), 'utf8').trim();
  // A run that ended badly without a failed test did not run all of its tests.
  if (code !== '0' && failed === 0) {
    sum.failed++;
    console.log(`\n  FAILED: ${name} ended with code ${code} without telling which test failed; the end of ${log}:\n${indent(lastLines(log, 15))}`);
  }
}
console.log(`\nlogs and results: ${folder}`);
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed === 0 ? 0 : 1);
