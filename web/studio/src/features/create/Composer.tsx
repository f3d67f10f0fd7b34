/** What is asked for: words, a picture to start from, settings. */

import type { Model } from '@estampe/client'
import { useEffect, useRef, type ReactNode, type RefObject } from 'react'
import { IconButton } from '../../ui/Button'
import { control, Field } from '../../ui/Field'
import { Picture } from '../../ui/icons'
import { Trouble } from '../../ui/Trouble'
import { START, takes, type Draft } from './draft'
import { Settings } from './form/Settings'
import { fieldsOf } from './form/schema'
import type { Faults } from './faults'
import { PromptBox } from './PromptBox'
import { Quota } from './Quota'
import { StartPicture } from './start/StartPicture'
import type { Starting } from './start/useStart'
import { useMedia } from './useMedia'
import { useWords } from './words'
import style from './create.module.css'

export interface ComposerProps {
  kind: string
  models: Model[]
  /** undefined where no worker is there. */
  model: Model | undefined
  draft: Draft
  onChange: (change: Partial<Draft>) => void
  onMake: () => void
  onFile: (file: File) => void
  starting: Starting
  faults: Faults
  /** What can be done about what went wrong. */
  remedy: ReactNode
  may: boolean
  latestSeed: number | undefined
  field: RefObject<HTMLTextAreaElement | null>
}

const WIDE = '(min-width: 64rem)'

export function Composer(props: ComposerProps) {
  const { kind, models, model, draft, onChange, onMake, onFile, starting, faults, remedy, may, field } = props
  const words = useWords()
  const form = useRef<HTMLFormElement>(null)
  const typed = model && fieldsOf(model).get('prompt')
  useEffect(() => {
    if (Object.keys(faults.fields).length) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus()
  }, [faults])
  return (
    <form
      ref={form}
      className={style.composer}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        onMake()
      }}
    >
      <PromptBox
        field={field}
        value={draft.prompt}
        onChange={(prompt) => onChange({ prompt })}
        most={typed?.type === 'text' ? typed.maxLength : undefined}
        error={faults.fields.prompt}
        disabled={!model || !may}
      >
        {takes(model, START) && <Choose onFile={onFile} />}
      </PromptBox>
      {!may && <p className={style.notice}>{words.mayNot}</p>}
      <Trouble error={faults.rest}>{remedy}</Trouble>
      <Quota kind={kind} />
      {model && <StartPicture {...{ model, draft, onChange, starting }} faults={faults.fields} />}
      {model && (
        <Folding>
          {models.length > 1 && (
            <Field label={words.model} hint={model.description} error={faults.fields.model}>
              {(bound) => (
                <select
                  {...bound}
                  className={control}
                  value={model.name}
                  onChange={(event) => onChange({ model: event.target.value })}
                >
                  {models.map(({ name, title }) => (
                    <option key={name} value={name}>
                      {title}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
          <Settings {...{ model, draft, onChange }} faults={faults.fields} latestSeed={props.latestSeed} />
        </Folding>
      )}
    </form>
  )
}

/** On a phone the prints matter more than the settings. */
function Folding({ children }: { children: ReactNode }) {
  const words = useWords()
  if (useMedia(WIDE)) return <div className={style.settings}>{children}</div>
  return (
    <details className={style.folded}>
      <summary>{words.settings}</summary>
      <div className={style.settings}>{children}</div>
    </details>
  )
}

function Choose({ onFile }: { onFile: (file: File) => void }) {
  const words = useWords()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept="image/png,image/jpeg,image/webp,image/avif"
        onChange={(event) => {
          const [file] = event.target.files ?? []
          event.target.value = ''
          if (file) onFile(file)
        }}
      />
      <IconButton label={words.chooseStart} sign={Picture} onClick={() => input.current?.click()} />
    </>
  )
}
