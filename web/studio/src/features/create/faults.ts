/** What the server found wrong, by the field it is in. */

import { Refused } from '@estampe/client'
import { said } from '../../ui/Trouble'

export interface Faults {
  /** By field: what is wrong with it. */
  fields: Record<string, string>
  /** What no field can show. */
  rest: string
}

export function faultsOf(error: unknown, shown: (name: string) => boolean): Faults {
  if (!(error instanceof Refused) || !error.faults.length) return { fields: {}, rest: error ? said(error) : '' }
  const fields: Record<string, string> = {}
  const rest = [error.title]
  for (const { pointer, detail } of error.faults) {
    const name = named(pointer)
    if (shown(name)) fields[name] = detail
    else rest.push(detail)
  }
  return { fields, rest: rest.join(' ') }
}

/** Of a JSON pointer, the first name: fields are not nested. */
const named = (pointer: string): string => (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
