/** The gallery: everything that was made, to be found, looked at, compared, taken home, made again or deleted. */

import { useEffect, useMemo } from 'react'
import { useParams } from 'wouter'
import { useMe } from '../../server/queries'
import { Button, LinkButton } from '../../ui/Button'
import { Empty } from '../../ui/Empty'
import { Trouble } from '../../ui/Trouble'
import { isFiltered, NO_FILTERS, useAddress } from './address'
import { useBin, useEmptiedBin, useVanished } from './bin'
import { Compare } from './Compare'
import { Detail } from './Detail'
import { Filters } from './Filters'
import { Selected } from './Selected'
import { useSelection } from './selection'
import { useShelf } from './shelf'
import { keyOfTile, tilesOf, type Tile } from './tiles'
import { useArrivals } from './useArrivals'
import { useWords } from './words'
import { Wall } from './Wall'
import style from './Page.module.css'

export default function Page() {
  const words = useWords()
  const address = useAddress()
  const { jobId } = useParams<{ jobId?: string }>()
  const shelf = useShelf(address.filters)
  const vanished = useVanished()
  const laid = useMemo(() => {
    const tiles = tilesOf(shelf.chunks)
    return vanished.size ? tiles.filter(({ job }) => !vanished.has(job.job_id)) : tiles
  }, [shelf.chunks, vanished])
  const { tiles, fresh, show } = useArrivals(laid, address.filters)
  const selection = useSelection(tiles)
  const remove = useRemove(tiles, selection.clear)
  useEmptiedBin()
  useSlash()
  const looked = jobId && keyOfTile(jobId, address.output - 1)
  const isEmpty = !shelf.isLoading && !shelf.error && laid.length === 0 && !shelf.hasMore
  return (
    <div className={style.page}>
      <h1 className={style.title}>{words.title}</h1>
      <Filters />
      {shelf.isLoading && (
        <p role="status" className="unseen">
          {words.loading}
        </p>
      )}
      {isEmpty ? <Nothing /> : <Wall {...{ shelf, tiles, looked, fresh, selection }} onShow={show} onRemove={remove} />}
      <Trouble error={shelf.error} again={shelf.again} />
      <Selected tiles={tiles} selection={selection} onRemove={remove} />
      {jobId && <Detail key="detail" id={jobId} tiles={tiles} more={shelf.more} onRemove={remove} />}
      {address.compared && <Compare keys={address.compared} />}
    </div>
  )
}

/** Deletes the jobs of some tiles: with them go all the files of each. */
function useRemove(tiles: Tile[], unselect: (keys: string[]) => void): (some: Tile[]) => void {
  const discard = useBin()
  return (some) => {
    const jobs = new Map(some.map(({ job }) => [job.job_id, job]))
    if (!jobs.size) return
    const going = tiles.filter(({ job }) => jobs.has(job.job_id))
    unselect(going.map(({ key }) => key))
    discard([...jobs.values()], Math.max(going.length, some.length))
  }
}

function Nothing() {
  const words = useWords()
  const { filters, filter } = useAddress()
  const kinds = useMe().data?.permissions ?? []
  if (isFiltered(filters)) {
    return (
      <Empty title={words.nothing} within>
        <p role="status">{words.nothingWhy}</p>
        <Button tone="primary" onClick={() => filter(NO_FILTERS)}>
          {words.clear}
        </Button>
      </Empty>
    )
  }
  return (
    <Empty title={words.none} within>
      <p role="status">{words.noneWhy}</p>
      <div className={style.choices}>
        {kinds.includes('images:generate') && (
          <LinkButton to="/generate-images" tone="primary">
            {words.makeImage}
          </LinkButton>
        )}
        {kinds.includes('videos:generate') && <LinkButton to="/generate-videos">{words.makeVideo}</LinkButton>}
      </div>
    </Empty>
  )
}

/** "/" goes to the search, wherever one is not typing. */
function useSlash(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      const typing = target.closest('input:not([type=checkbox]), textarea, select, [role=dialog]')
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return
      event.preventDefault()
      document.querySelector<HTMLInputElement>('input[type=search]')?.focus()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}
