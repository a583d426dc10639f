// Tells on descriptor 3 what jest found, once all files have run.
'use strict';
const fs = require('fs');

class Reporter {
  onRunComplete(contexts, results) {
    const tests = [];
    for (const file of results.testResults) {
      const ran = file.testResults.filter((test) => ['passed', 'failed'].includes(test.status));
      const wrong = ran.find((test) => test.status === 'failed');
      const text = wrong ? wrong.failureMessages.join('\n') : file.failureMessage || '';
      const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
      const missing = /Cannot find module '([^'.][^']*)'/.exec(plain);
      // A suite that asks for a file which is not there is itself at fault.
      const lost = /Cannot find module '[./][^']*' from '([^']+)'/.exec(plain);
      const whose = lost && file.testFilePath.endsWith(lost[1]) ? 'reading' : 'code';
      const name = missing ? 'ModuleNotFoundError'
        : wrong && (/expect\(|^Error: expect|Received/m.test(plain)) ? 'AssertionError' : (/^\s*(\w*Error)\b/m.exec(plain) || [])[1] || 'Error';
      const message = missing ? missing[1] : plain.trim().split('\n').slice(0, 4).join(' ').slice(0, 300);
      const error = wrong || file.testExecError || file.failureMessage ? { type: name, message, line: 0 } : null;
      tests.push({ executed: ran.length, error, phase: wrong ? 'test' : error ? whose : 'test' });
    }
    fs.writeSync(3, JSON.stringify({ word: '@WORD@', tests }));
  }
}

module.exports = Reporter;
