/** Makes an image where there are the web's own names and nothing of Node's: neither `process` nor `Buffer`. */

import { readFileSync } from 'node:fs'
import { stdout } from 'node:process'
import { createContext, runInContext } from 'node:vm'

const [, , bundle, baseUrl, token] = process.argv
const names = ['AbortController', 'AbortSignal', 'DOMException', 'TextDecoder', 'URLSearchParams', 'atob', 'crypto']
names.push('fetch', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Uint8Array')
const edge = createContext(Object.fromEntries(names.map((name) => [name, globalThis[name]])))
runInContext(readFileSync(bundle, 'utf8'), edge)
const made = runInContext('(o) => new estampe.Estampe(o).images.generate({ prompt: "in the dark" })', edge)
const job = await made({ baseUrl, token })
stdout.write(`${job.status} ${job.parameters.prompt}`)
