// Microsoft's parser over JSON strings, one a line, from standard input; prints MB/s of the best of three rounds.
// KUSTO_JS is the folder of the npm package @kusto/language-service-next, which is no dependency of this project.
'use strict';
const fs = require('fs'), vm = require('vm'), path = require('path');
for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
  vm.runInThisContext(fs.readFileSync(path.join(process.env.KUSTO_JS, file), 'utf8'), { filename: file });
}
const { KustoCode, GlobalState } = globalThis.Kusto.Language;
const texts = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
let best = Infinity;
for (let round = 0; round < 3; round++) {
  const begin = process.hrtime.bigint();
  for (const text of texts) KustoCode.Parse(text, GlobalState.Default).Syntax;
  best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e9);
}
console.log(bytes / 1e6 / best);
