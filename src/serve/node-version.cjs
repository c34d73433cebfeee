// Reports in one line that this Node is too old, before any code runs that such a Node can't parse. Hence the old
// JavaScript. Every script of package.json that runs code of Postern starts with this file.

'use strict';

var version = process.versions.node;
var parts = version.split('.').map(Number);
var major = parts[0];
var minor = parts[1];
// As `engines` in package.json.
var runs = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;

if (!runs) {
  console.error(
    'Postern needs Node 20.19, 22.12 or newer; this is ' +
      version +
      '. Get a newer one from https://nodejs.org/.',
  );
  process.exit(1);
}
