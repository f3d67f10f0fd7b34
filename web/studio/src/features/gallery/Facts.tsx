/** Everything that is known of a job and of one of its files, in words. */

import type { OutputFile, Snapshot } from '@estampe/client'
import { useModels } from '@estampe/react'
import type { ReactNode } from 'react'
import { useMe } from '../../server/queries'
import { IconButton } from '../../ui/Button'
import { useFormat } from '../../ui/format'
import { Check, Copy } from '../../ui/icons'
import { useCopying } from '../../ui/useCopying'
import { useDetailWords } from './detailWords'
import { fieldsOf, namesOf, useParameterName, useValue } from './parameters'
import { promptOf } from './tiles'
import style from './Facts.module.css'

export function Facts({ job, file }: { job: Snapshot; file: OutputFile | undefined }) {
  const words = useDetailWords()
  const name = useParameterName()
  const value = useValue()
  const models = useModels().data ?? []
  const model = models.find((one) => one.name === job.model)
  const fields = fieldsOf(model)
  const seed = file?.seed ?? job.parameters.seed
  const { understood = [], read_as: readAs = [], ignored = [] } = job.notes
  return (
    <>
      <Group title={words.settings}>
        <Fact name={words.model}>{model?.title ?? job.model}</Fact>
        <Fact name={name('prompt')} copy={promptOf(job)} copyName={words.copyPrompt} isProse>
          {promptOf(job)}
        </Fact>
        {typeof seed === 'number' && (
          <Fact name={name('seed')} copy={String(seed)} copyName={words.copySeed}>
            {seed}
          </Fact>
        )}
        {namesOf(job).map((one) => (
          <Fact key={one} name={name(one, fields[one]?.title)}>
            {value(one, job.parameters[one])}
          </Fact>
        ))}
      </Group>
      {understood.length + readAs.length + ignored.length > 0 && (
        <Group title={words.reading}>
          {understood.length > 0 && <Fact name={words.understood}>{understood.join(', ')}</Fact>}
          {readAs.length > 0 && <Fact name={words.readAs}>{readAs.join(', ')}</Fact>}
          {ignored.length > 0 && <Fact name={words.ignored}>{ignored.join(', ')}</Fact>}
        </Group>
      )}
      <Making job={job} />
      {file && <File file={file} />}
    </>
  )
}

function Making({ job }: { job: Snapshot }) {
  const words = useDetailWords()
  const format = useFormat()
  const me = useMe().data?.user_id
  const between = (from: string | null, to: string | null) =>
    from && to ? format.seconds(Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)) : null
  const { usage, started_at: started, finished_at: finished } = job
  return (
    <Group title={words.making}>
      <Fact name={words.by}>{job.user_id === me ? words.me : job.user_id}</Fact>
      <Fact name={words.when}>{format.moment(job.created_at)}</Fact>
      <Fact name={words.waited}>{between(job.created_at, started)}</Fact>
      <Fact name={words.took}>{between(started, finished)}</Fact>
      {job.attempts > 1 && <Fact name={words.attempts}>{format.number(job.attempts)}</Fact>}
      {usage && <Fact name={words.used}>{words.gpu(format.seconds(usage.gpu_seconds))}</Fact>}
      {usage?.cost != null && <Fact name={words.cost}>{format.money(usage.cost, usage.currency ?? 'USD')}</Fact>}
      {Object.entries(job.metadata).map(([key, value]) => (
        <Fact key={key} name={key}>
          {value}
        </Fact>
      ))}
      <Fact name={words.job} isCode>
        {job.job_id}
      </Fact>
    </Group>
  )
}

function File({ file }: { file: OutputFile }) {
  const words = useDetailWords()
  const format = useFormat()
  return (
    <Group title={words.file}>
      <Fact name={words.size}>{`${format.number(file.width)} × ${format.number(file.height)}`}</Fact>
      {file.duration_s !== null && <Fact name={words.length}>{format.seconds(file.duration_s)}</Fact>}
      <Fact name={words.type}>{file.media_type}</Fact>
      <Fact name={words.bytes}>{format.bytes(file.bytes)}</Fact>
      <Fact name={words.sum} copy={file.sha256} copyName={words.copySum} isCode>
        {file.sha256}
      </Fact>
    </Group>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className={style.title}>{title}</h3>
      <dl className={style.facts}>{children}</dl>
    </section>
  )
}

interface FactProps {
  name: string
  /** What its button copies. */
  copy?: string
  copyName?: string
  isCode?: boolean
  isProse?: boolean
  children: ReactNode
}

function Fact({ name, copy, copyName = '', isCode, isProse, children }: FactProps) {
  if (children === null || children === undefined) return null
  return (
    <div className={style.fact}>
      <dt>{name}</dt>
      <dd className={isProse ? style.prose : undefined}>
        {isCode ? <code>{children}</code> : <span>{children}</span>}
        {copy !== undefined && <CopyButton text={copy} name={copyName} />}
      </dd>
    </div>
  )
}

function CopyButton({ text, name }: { text: string; name: string }) {
  const words = useDetailWords()
  const [copied, copy] = useCopying(text)
  return (
    <span className={style.copy}>
      <IconButton small label={name} sign={copied ? Check : Copy} onClick={() => void copy()} />
      <span role="status" className="unseen">
        {copied ? words.copied : ''}
      </span>
    </span>
  )
}
