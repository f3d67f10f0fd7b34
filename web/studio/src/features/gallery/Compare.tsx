/** Two things that were made, side by side or one over the other, and what was asked differently. */

import type { OutputFile, Snapshot } from '@estampe/client'
import { useId, useState } from 'react'
import { Viewer } from '../../media'
import { Button } from '../../ui/Button'
import { Empty } from '../../ui/Empty'
import { useAddress } from './address'
import { useDetailWords } from './detailWords'
import { useOneJob } from './jobQuery'
import { differences, useParameterName, useValue } from './parameters'
import { Sheet, SheetTitle } from './Sheet'
import { promptOf, readKey } from './tiles'
import { useRenewal } from './useRenewal'
import { Wipe } from './Wipe'
import style from './Compare.module.css'

interface One {
  job: Snapshot
  file: OutputFile
}

const SAME_RATIO = 0.01

export function Compare({ keys }: { keys: [string, string] }) {
  const words = useDetailWords()
  const { close } = useAddress()
  const first = useOne(keys[0])
  const second = useOne(keys[1])
  return (
    <Sheet onClose={close}>
      {first.one && second.one ? (
        <Both first={first.one} second={second.one} />
      ) : (
        <div className={style.absent}>
          <SheetTitle className="unseen">{words.compare}</SheetTitle>
          {(first.isMissing || second.isMissing) && (
            <Empty title={words.missing} within>
              <p role="alert">{words.missingWhy}</p>
              <Button tone="primary" onClick={close}>
                {words.close}
              </Button>
            </Empty>
          )}
        </div>
      )}
    </Sheet>
  )
}

function useOne(key: string): { one: One | undefined; isMissing: boolean } {
  const { id, position } = readKey(key)
  const { data: job, isPending } = useOneJob(id)
  const file = job?.outputs[position]
  return { one: job && file && { job, file }, isMissing: !isPending && !file }
}

function Both({ first, second }: { first: One; second: One }) {
  const words = useDetailWords()
  const renew = useRenewal()
  const [asWipe, setAsWipe] = useState(true)
  const wipes = canWipe(first) && canWipe(second) && Math.abs(ratio(first) - ratio(second)) < SAME_RATIO
  return (
    <article className={style.compare} onErrorCapture={renew}>
      <header className={style.head}>
        <SheetTitle className={style.title}>{words.compare}</SheetTitle>
        {wipes && <How asWipe={asWipe} onChange={setAsWipe} />}
      </header>
      <div className={style.stage}>
        {wipes && asWipe ? (
          <Wipe first={first} second={second} />
        ) : (
          [first, second].map(({ job, file }, at) => (
            <figure key={at} className={style.side} data-job={job.job_id}>
              <div className={style.room}>
                <div className={style.fit} style={{ '--ratio': file.width / file.height } as React.CSSProperties}>
                  <Viewer kind={job.kind} file={file} alt={promptOf(job)} whole />
                </div>
              </div>
              <figcaption className="unseen">{at ? words.second : words.first}</figcaption>
            </figure>
          ))
        )}
      </div>
      <Differences first={first} second={second} />
    </article>
  )
}

const ratio = ({ file }: One): number => file.width / file.height

/** What moves cannot be laid over another. */
const canWipe = ({ file }: One): boolean => file.duration_s === null

function How({ asWipe, onChange }: { asWipe: boolean; onChange: (asWipe: boolean) => void }) {
  const words = useDetailWords()
  const name = useId()
  return (
    <fieldset className={style.how}>
      <legend className="unseen">{words.how}</legend>
      {[true, false].map((wipe) => (
        <label key={String(wipe)} className={style.way}>
          <input
            type="radio"
            className="unseen"
            name={name}
            checked={wipe === asWipe}
            onChange={() => onChange(wipe)}
          />
          {wipe ? words.wipe : words.sides}
        </label>
      ))}
    </fieldset>
  )
}

function Differences({ first, second }: { first: One; second: One }) {
  const words = useDetailWords()
  const name = useParameterName()
  const value = useValue()
  const names = differences(first.job, second.job)
  const seeds = [first.file.seed, second.file.seed]
  const read = ({ job }: One, one: string) => (one === 'model' ? job.model : job.parameters[one])
  const rows = names.filter((one) => one !== 'seed').map((one) => [one, read(first, one), read(second, one)] as const)
  if (seeds[0] !== seeds[1]) rows.push(['seed', seeds[0], seeds[1]])
  if (!rows.length) return <p className={style.same}>{words.same}</p>
  return (
    <div className={style.table}>
      <table>
        <caption>{words.differ}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{words.first}</th>
            <th scope="col">{words.second}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([one, ...values]) => (
            <tr key={one}>
              <th scope="row">{name(one)}</th>
              {values.map((said, at) => (
                <td key={at}>{value(one, said)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
