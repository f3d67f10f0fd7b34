/** What can be done with what is selected. */

import { Button } from '../../ui/Button'
import { Close, Compare, Download, Trash } from '../../ui/icons'
import { useAddress } from './address'
import { downloadAll } from './download'
import type { Selection } from './selection'
import type { Tile } from './tiles'
import { useWords } from './words'
import style from './Selected.module.css'

export interface SelectedProps {
  tiles: Tile[]
  selection: Selection
  onRemove: (tiles: Tile[]) => void
}

export function Selected({ tiles, selection, onRemove }: SelectedProps) {
  const words = useWords()
  const { compare } = useAddress()
  const chosen = selection.keys.size ? tiles.filter(({ key }) => selection.keys.has(key)) : []
  const files = chosen.filter(({ file }) => file)
  const [first, second] = files
  return (
    <>
      <p role="status" className="unseen">
        {chosen.length ? words.selected(chosen.length) : ''}
      </p>
      {chosen.length > 0 && (
        <section aria-label={words.selection} className={style.bar}>
          <span className={style.count} aria-hidden="true">
            {words.selected(chosen.length)}
          </span>
          {first && second && chosen.length === 2 && (
            <Button small tone="primary" onClick={() => compare(first.key, second.key)}>
              <Compare />
              {words.compare}
            </Button>
          )}
          {files.length > 0 && (
            <Button small onClick={() => void downloadAll(files)}>
              <Download />
              {words.download}
            </Button>
          )}
          <Button small tone="danger" onClick={() => onRemove(chosen)}>
            <Trash />
            {words.delete}
          </Button>
          <Button
            small
            tone="quiet"
            aria-label={words.unselect}
            title={words.unselect}
            onClick={() => selection.clear()}
          >
            <Close />
          </Button>
        </section>
      )}
    </>
  )
}
