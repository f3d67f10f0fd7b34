/** The wall of plates: as long as what was made, and never more of it in the page than can be seen. */

import { defaultRangeExtractor, useWindowVirtualizer, type Range } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import { Button } from '../../ui/Button'
import type { Selection } from './selection'
import type { Shelf } from './shelf'
import { PlateToCome, TileView } from './TileView'
import type { Tile } from './tiles'
import { useGrid, type Grid } from './useGrid'
import { usePlace } from './usePlace'
import { useRenewal } from './useRenewal'
import { useRoving, type Roving } from './useRoving'
import { useWords } from './words'
import style from './Wall.module.css'

const ROWS_TO_COME = 4
const ROWS_AHEAD = 12
const ABOVE_PX = 150 // the bars that stay at the top
const BELOW_PX = 90

export interface WallProps {
  shelf: Shelf
  tiles: Tile[]
  /** The tile that is open over the wall. */
  looked: string | undefined
  fresh: number
  onShow: () => void
  selection: Selection
  onRemove: (tiles: Tile[]) => void
}

export function Wall({ fresh, onShow, ...rest }: WallProps) {
  const words = useWords()
  const place = useRef<HTMLDivElement>(null)
  const grid = useGrid(place)
  const renew = useRenewal()
  usePlace(grid !== null && !rest.shelf.isLoading)
  return (
    <div className={style.wall} onErrorCapture={renew}>
      {fresh > 0 && (
        <div className={style.fresh} role="status">
          <Button tone="primary" small onClick={onShow}>
            {words.fresh(fresh)}
          </Button>
        </div>
      )}
      <div ref={place} data-old={rest.shelf.isOld || undefined} className={style.place}>
        {grid && <Rows grid={grid} {...rest} />}
      </div>
    </div>
  )
}

type RowsProps = Omit<WallProps, 'fresh' | 'onShow'> & { grid: Grid }

function Rows({ grid, shelf, tiles, looked, selection, onRemove }: RowsProps) {
  const words = useWords()
  const waits = shelf.isLoading || shelf.hasMore
  const full = Math.ceil(tiles.length / grid.columns)
  const roving = useRoving({ tiles, columns: grid.columns, looked, selection, onRemove })
  const rows = useRows(grid, full + (waits ? ROWS_TO_COME : 0), Math.floor(roving.at / grid.columns))
  const shown = rows.getVirtualItems()
  useMore(shelf, (shown.at(-1)?.index ?? 0) >= full - ROWS_AHEAD)
  useFocus(roving, (at) => rows.scrollToIndex(Math.floor(at / grid.columns)))
  return (
    <div
      ref={roving.place}
      role="grid"
      tabIndex={-1}
      aria-label={words.wall}
      aria-rowcount={waits ? -1 : full}
      aria-colcount={grid.columns}
      aria-multiselectable="true"
      aria-busy={shelf.isLoading || shelf.isOld}
      className={style.rows}
      style={{ height: rows.getTotalSize() }}
      onKeyDown={roving.onKeyDown}
    >
      {shown.map(({ index, start }) => (
        <div
          key={index}
          role="row"
          aria-rowindex={index + 1}
          className={style.row}
          style={{
            transform: `translateY(${start - grid.topPx}px)`,
            gridTemplateColumns: `repeat(${grid.columns}, minmax(0, 1fr))`,
            columnGap: grid.gapPx,
          }}
        >
          {Array.from({ length: grid.columns }, (_, column) => {
            const at = index * grid.columns + column
            const tile = tiles[at]
            if (!tile) return waits ? <PlateToCome key={column} column={column + 1} /> : null
            return (
              <TileView
                key={tile.key}
                tile={tile}
                column={column + 1}
                isCurrent={at === roving.at}
                isSelected={selection.keys.has(tile.key)}
                selecting={selection.keys.size > 0}
                onReach={selection.reach}
                onToggle={selection.toggle}
                onCurrent={roving.goTo}
              />
            )
          })}
        </div>
      ))}
    </div>
  )
}

function useRows(grid: Grid, count: number, current: number) {
  const rangeExtractor = useCallback(
    (range: Range) => {
      const seen = defaultRangeExtractor(range)
      // What has the focus stays, wherever one scrolls to.
      if (current >= range.count || seen.includes(current)) return seen
      return [...seen, current].sort((one, other) => one - other)
    },
    [current],
  )
  const rows = useWindowVirtualizer({
    count,
    estimateSize: () => grid.rowPx,
    overscan: 3,
    scrollMargin: grid.topPx,
    scrollPaddingStart: ABOVE_PX,
    scrollPaddingEnd: BELOW_PX,
    rangeExtractor,
  })
  const first = useRef({ grid, at: 0 })
  useLayoutEffect(() => {
    const before = first.current
    first.current = { ...before, grid }
    if (before.grid.rowPx === grid.rowPx && before.grid.columns === grid.columns) return
    rows.measure()
    if (scrollY > grid.topPx) rows.scrollToIndex(Math.floor(before.at / grid.columns), { align: 'start' })
  }, [grid, rows])
  const seen = rows.range?.startIndex ?? 0
  useEffect(() => {
    first.current = { grid, at: seen * grid.columns }
  }, [grid, seen])
  return rows
}

/** Asks for the next page well before its plates are seen. */
function useMore(shelf: Shelf, isNear: boolean): void {
  const { hasMore, more } = shelf
  const held = useMemo(() => ({ more }), [])
  held.more = more
  useEffect(() => {
    if (hasMore && isNear) held.more()
  }, [held, hasMore, isNear, shelf.chunks])
}

/** Once a key has moved, the plate it moved to is brought into sight and focused. */
function useFocus(roving: Roving, bring: (at: number) => void): void {
  const { place, moves, at } = roving
  useLayoutEffect(() => {
    if (moves === 0) return
    bring(at)
    place.current?.querySelector<HTMLElement>('[data-current] a')?.focus({ preventScroll: true })
  }, [moves])
}
