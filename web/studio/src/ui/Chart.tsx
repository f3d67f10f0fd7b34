/** Bars along time, what they are made of stacked: values on hover, by arrow keys and by touch, and a table of them all. */

import { useState, type CSSProperties, type KeyboardEvent, type PointerEvent } from 'react'
import { named, steps, sum, type Series } from './chart-scale'
import { inBoth } from './language'
import { Table } from './Table'
import style from './Chart.module.css'

export interface Place {
  key: string
  /** Below the plot: short. */
  label: string
  /** Where its values are told. */
  title: string
}

export interface ChartProps {
  /** What is counted. */
  title: string
  /** What the places are: the table's first column. */
  along: string
  places: Place[]
  /** Largest first; six at most are told apart. */
  series: Series[]
  say: (value: number) => string
}

const useWords = inBoth(
  { total: 'Total', asTable: 'Show as a table', hint: 'Left and right arrows tell the values.' },
  { total: 'Total', asTable: 'Afficher en tableau', hint: 'Les flèches gauche et droite donnent les valeurs.' },
)

const MOST_LABELS = 8

export function Chart(props: ChartProps) {
  const { title, places, series, say } = props
  const words = useWords()
  const [marked, setMarked] = useState<number | null>(null)
  const totals = places.map((_, place) => sum(series.map(({ values }) => values[place]!)))
  const scale = steps(Math.max(0, ...totals), totals.every(Number.isInteger))
  const at = marked ?? places.length - 1
  const told = [`${places[at]?.title} – ${say(totals[at] ?? 0)}`, ...partsAt(series, at).map(saidOf(say))].join(', ')
  return (
    <figure className={style.figure}>
      <div
        className={style.plot}
        role="slider"
        tabIndex={0}
        aria-label={`${title}. ${words.hint}`}
        aria-valuemin={1}
        aria-valuemax={places.length}
        aria-valuenow={at + 1}
        aria-valuetext={told}
        onFocus={() => setMarked(at)}
        onBlur={() => setMarked(null)}
        onKeyDown={(event) => onKey(event, at, places.length, setMarked)}
      >
        <Scale scale={scale} say={say} />
        <Columns
          places={places}
          series={series}
          totals={totals}
          top={scale.at(-1)!}
          marked={marked}
          onMark={setMarked}
        />
        <Labels places={places} />
        {marked !== null && <Told place={places[marked]!} at={marked} of={places.length} series={series} say={say} />}
      </div>
      {series.length > 1 && <Legend series={series} say={say} />}
      <AsTable {...props} totals={totals} />
    </figure>
  )
}

const partsAt = (series: Series[], place: number) =>
  series
    .map(({ key, name, values }, number) => ({ key, name, number, value: values[place] ?? 0 }))
    .filter((one) => one.value)

const saidOf = (say: ChartProps['say']) => (part: { name: string; value: number }) => `${part.name} ${say(part.value)}`

function onKey(event: KeyboardEvent, at: number, count: number, mark: (place: number) => void): void {
  const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: count - 1 }[
    event.key
  ]
  if (to === undefined) return
  event.preventDefault()
  mark(Math.min(Math.max(to, 0), count - 1))
}

function Scale({ scale, say }: { scale: number[]; say: ChartProps['say'] }) {
  return (
    <div className={style.scale} aria-hidden="true">
      {scale.map((value) => (
        <div key={value} className={style.line} style={{ bottom: `${(value / scale.at(-1)!) * 100}%` }}>
          <span>{say(value)}</span>
        </div>
      ))}
    </div>
  )
}

interface ColumnsProps extends Pick<ChartProps, 'places' | 'series'> {
  totals: number[]
  top: number
  marked: number | null
  onMark: (place: number | null) => void
}

function Columns({ places, series, totals, top, marked, onMark }: ColumnsProps) {
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const place = Math.floor(((event.clientX - left) / width) * places.length)
    onMark(Math.min(Math.max(place, 0), places.length - 1))
  }
  // What a finger marked stays marked when it is lifted.
  const leave = ({ pointerType }: PointerEvent) => pointerType === 'mouse' && onMark(null)
  return (
    <div className={style.columns} onPointerMove={point} onPointerDown={point} onPointerLeave={leave}>
      {places.map(({ key }, place) => (
        <div key={key} className={style.column} data-marked={place === marked || undefined}>
          <div className={style.stack} style={{ height: `${((totals[place] ?? 0) / top) * 100}%` }}>
            {partsAt(series, place).map((part) => (
              <div key={part.key} data-series={part.number} style={{ flexGrow: part.value }} />
            ))}
          </div>
        </div>
      ))}
    </div>
  )
}

function Labels({ places }: { places: Place[] }) {
  return (
    <div className={style.labels} aria-hidden="true">
      {named(places.length, MOST_LABELS).map((place) => (
        <span key={place} style={{ left: `${((place + 0.5) / places.length) * 100}%` }}>
          {places[place]!.label}
        </span>
      ))}
    </div>
  )
}

interface ToldProps extends Pick<ChartProps, 'series' | 'say'> {
  place: Place
  at: number
  of: number
}

function Told({ place, at, of, series, say }: ToldProps) {
  const words = useWords()
  const parts = partsAt(series, at)
  const middle = ((at + 0.5) / of) * 100
  const side: CSSProperties = middle < 50 ? { left: `${middle}%` } : { right: `${100 - middle}%` }
  return (
    <div className={style.area} aria-hidden="true">
      <div className={style.told} style={side}>
        <p className={style.when}>{place.title}</p>
        {parts.toReversed().map((part) => (
          <p key={part.key} className={style.part}>
            <i data-series={part.number} />
            <span>{part.name}</span>
            <b>{say(part.value)}</b>
          </p>
        ))}
        {parts.length !== 1 && (
          <p className={style.part}>
            <i />
            <span>{words.total}</span>
            <b>{say(sum(parts.map(({ value }) => value)))}</b>
          </p>
        )}
      </div>
    </div>
  )
}

function Legend({ series, say }: Pick<ChartProps, 'series' | 'say'>) {
  return (
    <ul className={style.legend}>
      {series.map(({ key, name, values }, number) => (
        <li key={key} className={style.part}>
          <i data-series={number} />
          <span>{name}</span>
          <b>{say(sum(values))}</b>
        </li>
      ))}
    </ul>
  )
}

function AsTable({ title, along, places, series, say, totals }: ChartProps & { totals: number[] }) {
  const words = useWords()
  const [open, setOpen] = useState(false)
  const rows = places.map((place, number) => ({ ...place, number }))
  const columns = [
    { name: along, head: true, cell: (row: (typeof rows)[number]) => row.title },
    ...series.map(({ name, values }) => ({
      name,
      number: true,
      cell: (row: (typeof rows)[number]) => say(values[row.number]!),
    })),
    ...(series.length > 1
      ? [{ name: words.total, number: true, cell: (row: (typeof rows)[number]) => say(totals[row.number]!) }]
      : []),
  ]
  return (
    <details className={style.asTable} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.asTable}</summary>
      {open && <Table caption={title} columns={columns} rows={rows} keyOf={({ key }) => key} />}
    </details>
  )
}
