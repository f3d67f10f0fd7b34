/** What narrows the gallery down; all of it is in the address, so that a link can be shared. */

import { useModels } from '@estampe/react'
import { useEffect, useId, useRef, useState } from 'react'
import { useMay, useMe, usePeople } from '../../server/queries'
import { Button } from '../../ui/Button'
import { control } from '../../ui/Field'
import { Search, Sliders } from '../../ui/icons'
import { Segments } from '../../ui/Segments'
import { isFiltered, NO_FILTERS, searchOf, useAddress } from './address'
import { Keys } from './Keys'
import { kindIn, useWords } from './words'
import style from './Filters.module.css'

const TYPING_MS = 300

export function Filters() {
  const words = useWords()
  const { filters, filter } = useAddress()
  const [open, setOpen] = useState(false)
  const id = useId()
  const set = new URLSearchParams(searchOf({ ...filters, q: '' })).size
  return (
    <search className={style.bar}>
      <Words />
      <div className={style.toggle}>
        <Button aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          <Sliders />
          {words.filters}
          {set > 0 && <span className={style.count}>{set}</span>}
        </Button>
      </div>
      <div id={id} className={style.more} data-open={open || undefined}>
        <Kinds />
        <Models />
        <People />
        <Days />
        {isFiltered(filters) && (
          <Button tone="quiet" className={style.clear!} onClick={() => filter(NO_FILTERS)}>
            {words.clear}
          </Button>
        )}
      </div>
      <div className={style.keys}>
        <Keys />
      </div>
    </search>
  )
}

/** What is typed reaches the address when the person pauses, and the field follows the address. */
function Words() {
  const words = useWords()
  const { filters, filter } = useAddress()
  const [typed, setTyped] = useState(filters.q)
  const sent = useRef(filters.q)
  if (sent.current !== filters.q) {
    sent.current = filters.q
    if (typed.trim() !== filters.q) setTyped(filters.q)
  }
  useEffect(() => {
    const q = typed.trim()
    if (q === sent.current) return undefined
    const timer = setTimeout(() => {
      sent.current = q
      filter({ q }, true)
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, filter])
  return (
    <div className={style.search}>
      <Search />
      <input
        type="search"
        className={control}
        aria-label={words.search}
        placeholder={words.search}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && setTyped('')}
        maxLength={200}
        enterKeyHint="search"
      />
    </div>
  )
}

function Kinds() {
  const words = useWords()
  const { filters, filter } = useAddress()
  const models = useModels().data ?? []
  const kinds = new Set([...Object.keys(words.kinds), ...models.map(({ kind }) => kind)])
  return (
    <Segments
      legend={words.kind}
      value={filters.kind}
      choices={['', ...kinds].map((kind) => ({ value: kind, label: kind ? kindIn(words, kind) : words.all }))}
      onChoose={(kind) => filter({ kind })}
    />
  )
}

function Models() {
  const words = useWords()
  const { filters, filter } = useAddress()
  const named = new Map((useModels().data ?? []).map((model) => [model.name, model]))
  const names = new Set(named.keys())
  if (filters.model) names.add(filters.model)
  const shown = [...names].filter(
    (name) => !filters.kind || named.get(name)?.kind === filters.kind || name === filters.model,
  )
  return (
    <select
      className={control}
      aria-label={words.model}
      value={filters.model}
      onChange={(event) => filter({ model: event.target.value })}
    >
      <option value="">{words.allModels}</option>
      {shown.map((name) => (
        <option key={name} value={name}>
          {named.get(name)?.title ?? name}
        </option>
      ))}
    </select>
  )
}

const ME = '\u0000'

/** For those who see what others made; everybody else sees their own. */
function People() {
  const words = useWords()
  const { filters, filter } = useAddress()
  const seesOthers = useMay('jobs:manage')
  const me = useMe().data?.user_id
  const people = usePeople(seesOthers).data ?? []
  if (!seesOthers) return null
  const others = new Set(people.map(({ user_id }) => user_id).filter((id) => id !== me))
  if (filters.person) others.add(filters.person)
  return (
    <select
      className={control}
      aria-label={words.by}
      value={filters.mine ? ME : filters.person}
      onChange={({ target: { value } }) =>
        filter(value === ME ? { mine: true, person: '' } : { mine: false, person: value })
      }
    >
      <option value="">{words.everyone}</option>
      <option value={ME}>{words.me}</option>
      {[...others].map((id) => (
        <option key={id} value={id}>
          {id}
        </option>
      ))}
    </select>
  )
}

function Days() {
  const words = useWords()
  const { filters, filter } = useAddress()
  return (
    <div className={style.days}>
      {(['from', 'to'] as const).map((side) => (
        <label key={side} className={style.day}>
          {words[side]}
          <input
            type="date"
            className={control}
            value={filters[side]}
            {...(side === 'from' && filters.to && { max: filters.to })}
            {...(side === 'to' && filters.from && { min: filters.from })}
            onChange={(event) => filter({ [side]: event.target.value })}
          />
        </label>
      ))}
    </div>
  )
}
