/** Files taken home, under a name that says what they are. */

import { attached } from '../../media/attached'
import { promptOf, type Tile } from './tiles'

const LONGEST_NAME = 60
const KEPT_MS = 60_000
const BETWEEN_MS = 300 // browsers drop what is asked for at once

/** red-apple-42.png */
export function nameOf({ job, file, position }: Tile): string {
  const said = promptOf(job)
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, LONGEST_NAME)
    .replace(/^-+|-+$/g, '')
  const kind = file?.media_type.split('/')[1] ?? 'bin'
  return `${said || job.job_id}-${file?.seed ?? position + 1}.${kind === 'jpeg' ? 'jpg' : kind}`
}

/** Under its name: a link alone would be saved under the server's. */
export async function download(tile: Tile): Promise<void> {
  if (!tile.file) return
  const url = attached(tile.file.url)
  const content = await fetch(url).then(
    (answer) => (answer.ok ? answer.blob() : null),
    () => null, // It broke off: the browser may have more luck, and the server's name has to do.
  )
  const kept = content && URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = kept ?? url
  link.download = nameOf(tile)
  link.click()
  if (kept) setTimeout(() => URL.revokeObjectURL(kept), KEPT_MS)
}

/** One after the other; the browser may ask the person whether it may save several. */
export async function downloadAll(tiles: Tile[]): Promise<void> {
  for (const tile of tiles) {
    await download(tile)
    await new Promise((done) => setTimeout(done, BETWEEN_MS))
  }
}
