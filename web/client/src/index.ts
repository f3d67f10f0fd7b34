/** Images and videos from prompts, from a browser, Node or the edge. */

export { Estampe } from './client.js'
export type { Options } from './connection.js'
export { EstampeError, isEstampeError, JobUnsuccessful, Refused, type ClientCode, type Code } from './errors.js'
export { hasEnded, type JobEvent, type Moved, type Preview, type WaitOptions } from './follow.js'
export * from './functions.js'
export type * from './generated.js'
export type { News } from './news.js'
export { pageLanguage, type Language } from './language.js'
export { newIdempotencyKey, type CallOptions, type CreateOptions, type GenerateOptions } from './resources.js'
export type { Token, TokenRequest, TokenSource } from './token.js'
