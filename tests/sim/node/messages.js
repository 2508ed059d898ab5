// SPDX-License-Identifier: LGPL-2.1-or-later
// Every class of wsman-messages, Get, Enumerate and Pull, against the plain port of an operational
// machine: each answer must be XML, 200 or a fault.
'use strict';
const http = require('http');
const crypto = require('crypto');
const { AMT, CIM, IPS } = require('@device-management-toolkit/wsman-messages');
const [host, port, password] = process.argv.slice(2);
const md5 = (text) => crypto.createHash('md5').update(text).digest('hex');
let challenge = null;
let counter = 0;

function authorization() {
  if (challenge === null) return undefined;
  const nc = (++counter).toString(16).padStart(8, '0');
  const response = md5([md5(`admin:${challenge.realm}:${password}`), challenge.nonce, nc, 'abcd',
    'auth', md5('POST:/wsman')].join(':'));
  return `Digest username="admin",realm="${challenge.realm}",nonce="${challenge.nonce}",` +
    `uri="/wsman",qop=auth,nc=${nc},cnonce="abcd",response="${response}"`;
}

function post(body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/soap+xml', 'Transfer-Encoding': 'chunked' };
    const value = authorization();
    if (value !== undefined) headers.Authorization = value;
    const request = http.request({ host, port, path: '/wsman', method: 'POST', headers, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (piece) => { text += piece; });
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
      });
    request.on('error', reject);
    request.end(body);
  });
}

async function ask(body) {
  let answer = await post(body);
  if (answer.status === 401) {
    const header = answer.headers['www-authenticate'];
    challenge = { realm: /realm="([^"]*)"/.exec(header)[1], nonce: /nonce="([^"]*)"/.exec(header)[1] };
    counter = 0;
    answer = await post(body);
  }
  return answer;
}

function check(name, answer) {
  const fault = answer.text.includes('<a:Fault>');
  const good = answer.status === 200 ? !fault : (answer.status === 400 || answer.status === 500) && fault;
  if (!good || answer.text.includes('/>') || !answer.text.endsWith('</a:Envelope>'))
    throw new Error(`${name}: ${answer.status} ${answer.text.slice(0, 300)}`);
}

async function visit(name, object) {
  let asked = 0;
  if (typeof object.Get === 'function') {
    check(name + ' Get', await ask(object.Get()));
    asked++;
  }
  if (typeof object.Enumerate !== 'function') return asked;
  const answer = await ask(object.Enumerate());
  check(name + ' Enumerate', answer);
  const context = /EnumerationContext>([^<]*)</.exec(answer.text);
  if (context !== null) check(name + ' Pull', await ask(object.Pull(context[1])));
  return asked + 2;
}

async function main() {
  let asked = 0;
  for (const messages of [new AMT.Messages(), new CIM.Messages(), new IPS.Messages()]) {
    for (const name of Object.keys(messages)) {
      const object = messages[name];
      if (object !== null && typeof object === 'object' && (object.Get || object.Enumerate))
        asked += await visit(name, object);
    }
  }
  if (asked < 100) throw new Error(`only ${asked} requests were made`);
  console.log(`# ${asked} requests`);
}

main().catch((error) => { console.log('# ' + error.message); process.exit(1); });
