/** Writes each package's dist/, one ES module a source file with its types, and puts the licence beside it. */

import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'

const at = (path) => new URL(path, import.meta.url)

for (const name of ['client', 'react']) {
  rmSync(at(`${name}/dist`), { recursive: true, force: true })
  const compiled = spawnSync('node_modules/.bin/tsc', ['-p', name], { cwd: at('.'), stdio: 'inherit' })
  if (compiled.status !== 0) process.exit(1)
  for (const text of ['LICENSE', 'NOTICE']) copyFileSync(at(`../${text}`), at(`${name}/${text}`))
}
