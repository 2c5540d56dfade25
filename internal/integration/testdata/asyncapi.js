// Reads a document with AsyncAPI's own parser, and prints what that says of it.
const { Parser } = require('@asyncapi/parser')
const { readFileSync } = require('fs')

new Parser().parse(readFileSync(process.argv[2], 'utf8')).then(({ document, diagnostics }) => {
  console.log(JSON.stringify({
    channels: document ? document.channels().all().map(c => c.address()).sort() : [],
    said: diagnostics.map(d => ({ severity: d.severity, code: String(d.code), at: d.path.join('.'), message: d.message })),
  }))
})
