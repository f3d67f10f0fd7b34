/** Files taken home, under a name that says what they are. */

import type { Tile } from './tiles'
import { promptOf } from './tiles'

const LONGEST_NAME = 60
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

/** One after the other; the browser may ask the person whether it may save several. */
export async function downloadAll(tiles: Tile[]): Promise<void> {
  for (const tile of tiles) {
    if (!tile.file) continue
    const link = document.createElement('a')
    link.href = tile.file.url
    link.download = nameOf(tile)
    link.click()
    await new Promise((done) => setTimeout(done, BETWEEN_MS))
  }
}
