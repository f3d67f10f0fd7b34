/** What a new key is called, what it may do, and until when. */

import type { Permission, ShownKey } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { keyOf, useMe } from '../../server/queries'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { control, Field } from '../../ui/Field'
import { dayOf } from '../../ui/period'
import { Trouble } from '../../ui/Trouble'
import { expiry, LASTINGS, type Lasting } from './standing'
import { useWords } from './words'
import style from './keys.module.css'

export interface MakeKeyProps {
  open: boolean
  onClose: () => void
  onMade: (key: ShownKey) => void
}

export function MakeKey({ open, onClose, onMade }: MakeKeyProps) {
  const words = useWords()
  return (
    <Dialog open={open} onClose={onClose} title={words.make}>
      <Form onClose={onClose} onMade={onMade} />
    </Dialog>
  )
}

interface Wish {
  name: string
  scopes: string[]
  lasting: Lasting
  day: string
}

const NEEDED = ['images:generate', 'videos:generate']
const STEP_UP = 'insufficient_user_authentication'
const LONGEST_NAME = 100

function Form({ onClose, onMade }: Omit<MakeKeyProps, 'open'>) {
  const words = useWords()
  const held = useMe().data?.permissions ?? []
  const [wish, setWish] = useState<Wish>({
    name: '',
    scopes: held.filter((scope) => NEEDED.includes(scope)),
    lasting: '90',
    day: '',
  })
  const [tried, setTried] = useState(false)
  const { mutate, error, isPending } = useMaking(onMade)
  const faults = faultsOf(wish, words)
  const change = (part: Partial<Wish>) => setWish({ ...wish, ...part })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (Object.values(faults).every((fault) => !fault)) mutate(wish)
  }
  return (
    <form className={style.form} onSubmit={submit} noValidate>
      <Field label={words.name} hint={words.nameHint} error={tried ? faults.name : undefined}>
        {(bound) => (
          <input
            {...bound}
            className={control}
            value={wish.name}
            maxLength={LONGEST_NAME}
            autoComplete="off"
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
      <ScopeChoice
        held={held}
        chosen={wish.scopes}
        error={tried ? faults.scopes : undefined}
        onChoose={(scopes) => change({ scopes })}
      />
      <LastingChoice wish={wish} error={tried ? faults.day : undefined} onChange={change} />
      <Trouble error={error}>{error && 'code' in error && error.code === STEP_UP && <p>{words.stepUp}</p>}</Trouble>
      <div className={style.ends}>
        <Button onClick={onClose}>{words.cancel}</Button>
        <Button type="submit" tone="primary" disabled={isPending}>
          {words.create}
        </Button>
      </div>
    </form>
  )
}

function useMaking(onMade: (key: ShownKey) => void) {
  const site = useEstampe()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ name, scopes, lasting, day }: Wish) =>
      site.client.keys.create({
        name: name.trim(),
        scopes: scopes as Permission[],
        expires_at: expiry(lasting, day) ?? null,
      }),
    onSuccess(key) {
      void queries.invalidateQueries({ queryKey: keyOf(site, 'keys') })
      onMade(key)
    },
  })
}

function faultsOf({ name, scopes, lasting, day }: Wish, words: ReturnType<typeof useWords>) {
  return {
    name: name.trim() ? undefined : words.nameMissing,
    scopes: scopes.length > 0 ? undefined : words.scopesMissing,
    day: expiry(lasting, day) === undefined ? words.dayMissing : undefined,
  }
}

interface ScopeChoiceProps {
  held: string[]
  chosen: string[]
  error: string | undefined
  onChoose: (scopes: string[]) => void
}

function ScopeChoice({ held, chosen, error, onChoose }: ScopeChoiceProps) {
  const words = useWords()
  return (
    <fieldset className={style.choice}>
      <legend>{words.scopes}</legend>
      {held.map((scope) => (
        <label key={scope} className={style.scope}>
          <input
            type="checkbox"
            checked={chosen.includes(scope)}
            onChange={({ target }) =>
              onChoose(target.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
            }
          />
          <span>
            {words.scope[scope] ?? scope} <code>{scope}</code>
          </span>
        </label>
      ))}
      {error && (
        <p role="alert" className={style.fault}>
          {error}
        </p>
      )}
    </fieldset>
  )
}

interface LastingChoiceProps {
  wish: Wish
  error: string | undefined
  onChange: (part: Partial<Wish>) => void
}

function LastingChoice({ wish: { lasting, day }, error, onChange }: LastingChoiceProps) {
  const words = useWords()
  return (
    <div className={style.lasting}>
      <Field label={words.lasts} hint={lasting === 'never' ? words.lastsHint : undefined}>
        {(bound) => (
          <select
            {...bound}
            className={control}
            value={lasting}
            onChange={(event) => onChange({ lasting: event.target.value as Lasting })}
          >
            {LASTINGS.map((name) => (
              <option key={name} value={name}>
                {words.lastings[name]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {lasting === 'own' && (
        <Field label={words.day} error={error}>
          {(bound) => (
            <input
              {...bound}
              type="date"
              className={control}
              value={day}
              min={dayOf(new Date())}
              onChange={(event) => onChange({ day: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  )
}
