/** The wire shapes, made from the server's OpenAPI document by generate.py. Not written by hand. */

/** A job, durable from this answer on. */
export interface Accepted {
  job_id: string
  kind: string
  status: Status
  queue_position: number | null
  created_at: string
  poll_after_ms: number
  urls: JobUrls
}

/** A plan in its present period (of UTC). `quotas` are by unit; what is not there, or null, is not limited. */
export interface Allowance {
  plan: string
  period: string
  period_start: string
  period_ends_at: string
  quotas: Record<string, Left>
  queued: number
  max_queued: number | null
  running: number
  max_running: number | null
}

/** Newest first; `next_cursor` is null on the last page. */
export interface AssetPage {
  assets: StoredFile[]
  next_cursor: string | null
}

/** What was alike in one minute. `reason` is "accepted" or the code of a refusal; `source` is a client, hashed. */
export interface AuthEvent {
  at: string
  reason: string
  count: number
  issuer: string
  route: string | null
  source: string | null
  user_id: string | null
  tenant_id: string | null
}

/** How often a reason came in the hour or day (of UTC) that begins then. */
export interface AuthEventCount {
  at: string
  reason: string
  count: number
}

/** `counts` are of the whole time, by reason; `groups` also by `group_by`, oldest first; `events` the newest. */
export interface AuthEventPage {
  from: string
  to: string
  counts: Record<string, number>
  groups: AuthEventCount[]
  events: AuthEvent[]
}

/** What Clerk's component needs in a page: its key, and where it asks. */
export interface ClerkDoor {
  publishable_key: string
  frontend_api_url: string
}

/**
 * What a page needs to sign people in at an OpenID issuer: the code flow with PKCE, as a public client.
 *
 * `token` is the one that this server takes as a bearer. `audience` is whom an access token must be asked for, as
 * the parameter of that name; `resource` is the same as RFC 8707 has it, where it is an address.
 */
export interface Door {
  issuer: string
  name: string
  client_id: string
  scopes: string[]
  authorization_endpoint: string
  token_endpoint: string
  end_session_endpoint: string | null
  token: "access_token" | "id_token"
  audience: string | null
  resource: string | null
}

/** One fault in a body: a JSON pointer (RFC 6901) and what is wrong there. */
export interface Fault {
  pointer: string
  detail: string
}

/** A token of the local issuer, good for `expires_in` seconds. */
export interface FreshToken {
  token: string
  expires_in: number
}

/** A picture, or several. */
export interface GenerateImage {
  prompt: string
  model?: string
  negative_prompt?: string
  width?: number
  height?: number
  aspect_ratio?: string
  seed?: number
  num_inference_steps?: number
  guidance_scale?: number
  num_outputs?: number
  input_asset_id?: string
  strength?: number
  mask_asset_id?: string
  output_format?: string
  embed_metadata?: boolean
  metadata?: Record<string, string>
  deadline_s?: number | null
  webhook_url?: string | null
  priority?: "high" | "low" | "normal"
  user_id?: string | null
  organization_id?: string | null
}

/** A clip: `num_frames`, or `duration_s` at `fps` frames a second. */
export interface GenerateVideo {
  prompt: string
  model?: string
  negative_prompt?: string
  width?: number
  height?: number
  aspect_ratio?: string
  seed?: number
  num_inference_steps?: number
  guidance_scale?: number
  num_outputs?: number
  input_asset_id?: string
  strength?: number
  mask_asset_id?: string
  output_format?: string
  embed_metadata?: boolean
  metadata?: Record<string, string>
  deadline_s?: number | null
  webhook_url?: string | null
  priority?: "high" | "low" | "normal"
  user_id?: string | null
  organization_id?: string | null
  num_frames?: number
  duration_s?: number
  fps?: number
}

/** What ended in an hour, of the jobs that are still kept. */
export interface HourOfWork {
  hour: string
  succeeded: number
  failed: number
  canceled: number
  expired: number
  gpu_seconds: number
}

/** Why a job failed, in the language asked for. */
export interface JobError {
  code: string
  message: string
  retryable: boolean
}

/** Newest first; `next_cursor` is null on the last page. */
export interface JobPage {
  jobs: Snapshot[]
  next_cursor: string | null
}

/** Where the job's status, result and events are, and how to cancel it. */
export interface JobUrls {
  status: string
  result: string
  events: string
  cancel: string
}

/** An API key, without its secret; `prefix` is how it begins, `last_used_at` is true to the minute. */
export interface KeyFacts {
  key_id: string
  name: string
  prefix: string
  scopes: string[]
  user_id: string
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
}

/** Newest first; `next_cursor` is null on the last page. */
export interface KeyPage {
  keys: KeyFacts[]
  next_cursor: string | null
}

/** Of one unit in the period: how much there is, was used and is left; `reserved` by jobs that still run or wait. */
export interface Left {
  limit: number
  spent: number
  reserved: number
  left: number
}

/** What waits for a model and runs as it; `gpu_seconds` are expected, `workers` are those alive that offer it. */
export interface LineOfModel {
  model: string
  queued: number
  gpu_seconds: number
  oldest_seconds: number
  running: number
  workers: number
}

/** Who signed in with the printed link; tokens are for one of the organisations, or for the person alone. */
export interface LocalSession {
  user_id: string
  organizations: Membership[]
  signed_in_at: string
  expires_at: string
}

/** The identity as the server sees it. */
export interface Me {
  user_id: string
  organization_id: string | null
  tenant_id: string
  role: string | null
  permissions: string[]
  issuer: string
  expires_at: string
  limits: Record<string, number>
  allowance: Allowance
}

/** An organisation, and what the person is in it. */
export interface Membership {
  id: string
  role: string | null
}

/**
 * What a worker announces it can make.
 *
 * `parameters` is a JSON Schema (2020-12) of an object: every field the model takes, with
 * `minimum`, `maximum`, `multipleOf`, `enum` and `default`; `additionalProperties` is false. It requires or
 * defaults what its kind needs to write a file. A seed that nobody named is drawn between the bounds of
 * `seed`; a model without `num_outputs` makes one. Up to `max_batch` requests whose parameters named in
 * `batch_by` are equal may run as one batch; the same seed gives the same bytes in any batch, unless
 * `deterministic` is false.
 */
export interface Model {
  name: string
  kind: string
  engine: string
  title: string
  description?: string
  parameters: Record<string, unknown>
  deterministic?: boolean
  default?: boolean
  max_batch?: number
  batch_by?: string[]
}

/** What the live workers announce. */
export interface ModelList {
  models: Model[]
}

/** An API key to make. `scopes` are permissions of one's own; without any, it may generate. */
export interface NewKey {
  name: string
  scopes?: Permission[]
  expires_at?: string | null
}

/** A kept file; its URLs open without a header and expire. */
export interface OutputFile {
  asset_id: string
  url: string
  thumbnail_url: string
  media_type: string
  width: number
  height: number
  duration_s: number | null
  bytes: number
  sha256: string
  seed: number | null
  placeholder: string
}

/** As it stood `at` that moment: the 100 tenants with the most waiting, the last 24 hours, the oldest first. */
export interface Overview {
  at: string
  workers: WorkerAtWork[]
  models: LineOfModel[]
  tenants: QueueOfTenant[]
  throughput: HourOfWork[]
}

/** Who made jobs, who made one last first: of the organisation for who sees all of it, else oneself. */
export interface People {
  people: Person[]
}

/** What a route may ask for. */
export type Permission = "images:generate" | "jobs:manage" | "keys:manage" | "operator" | "usage:read" | "videos:generate"

/** Someone who made jobs here, how many are still kept, and when the last was made. */
export interface Person {
  user_id: string
  jobs: number
  last_at: string
}

/** A refusal (RFC 9457). `code` is stable; `title` and `detail` follow Accept-Language. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: string
  request_id: string
  errors?: Fault[]
}

/** How far a running job is; `fraction` is in 0..1, `eta_s` in seconds or unknown. */
export interface Progress {
  fraction: number
  step?: number
  steps?: number
  stage?: string
  eta_s?: number | null
}

/** What a tenant has waiting and running: an organisation, or a user alone. */
export interface QueueOfTenant {
  tenant_id: string
  issuer: string
  organization_id: string | null
  user_id: string | null
  queued: number
  running: number
  gpu_seconds: number
}

/** What a job that succeeded has made. */
export interface Result {
  job_id: string
  kind: string
  status: Status
  outputs: OutputFile[]
  usage: Usage | null
}

/** A new API key: `key` is shown this once, and kept nowhere. */
export interface ShownKey {
  key_id: string
  name: string
  prefix: string
  scopes: string[]
  user_id: string
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
  key: string
}

/** The single-use code of a printed link. */
export interface SignInCode {
  code: string
}

/**
 * How people may sign in here: with the printed link, at Clerk, at OpenID issuers.
 *
 * An issuer that is away may be missing. `clerk_publishable_key` is `clerk`'s, for pages from before it was there.
 */
export interface SignInMethods {
  local: boolean
  clerk: ClerkDoor | null
  clerk_publishable_key: string | null
  oidc: Door[]
}

/** A job as it stands; `notes` say how the model read the request (words understood and ignored). */
export interface Snapshot {
  job_id: string
  kind: string
  status: Status
  model: string
  created_at: string
  started_at: string | null
  finished_at: string | null
  expires_at: string | null
  queue_position: number | null
  progress: Progress | null
  parameters: Record<string, unknown>
  metadata: Record<string, string>
  notes: Record<string, string[]>
  attempts: number
  error: JobError | null
  usage: Usage | null
  outputs: OutputFile[]
  retry_of: string | null
  user_id: string
  organization_id: string | null
}

/** Where a job stands; `jobs.MOVES` says which may follow which. */
export type Status = "canceled" | "canceling" | "expired" | "failed" | "queued" | "running" | "succeeded"

/** Facts about a kept file. */
export interface StoredFile {
  asset_id: string
  url: string
  thumbnail_url: string
  media_type: string
  width: number
  height: number
  duration_s: number | null
  bytes: number
  sha256: string
  seed: number | null
  placeholder: string
  job_id: string | null
  kind: string
  created_at: string
}

/** For whom the token is: the session's own organisation, or null for the person alone. Unsaid: as signed in. */
export interface TokenWish {
  organization_id?: string | null
}

/** What a job consumed: `units` are images or seconds of video, `cost` is None where no price is set. */
export interface Usage {
  units: number
  gpu_seconds: number
  cost?: number | null
  currency?: string | null
}

/** From the first moment on and before the last; `allowance` is what is left now. */
export interface UsageReport {
  from: string
  to: string
  group_by: string[]
  rows: UsageRow[]
  allowance: Allowance
}

/**
 * What a group used; of `day`, `user_id`, `model` and `kind` those are there that were asked for.
 *
 * `attempts` are all that finished, `gpu_seconds` theirs; `units` and `cost` are of those that succeeded.
 */
export interface UsageRow {
  day?: string | null
  user_id?: string | null
  model?: string | null
  kind?: string | null
  attempts: number
  succeeded: number
  units: Record<string, number>
  gpu_seconds: number
  cost?: number | null
  currency?: string | null
}

/** A worker seen in the last hour. `running` counts its jobs by model; one that is `draining` takes no more. */
export interface WorkerAtWork {
  worker_id: string
  host: string
  version: string | null
  models: string[]
  slots: number
  running: Record<string, number>
  started_at: string
  seen_at: string
  alive: boolean
  draining: boolean
}

/** Sign-ins and refusals */
export interface AuthEventsQuery {
  from?: string
  to?: string
  reason?: string
  refused?: boolean
  group_by?: "day" | "hour"
  limit?: number
}

/** The bytes of a kept file: by a signed URL, or with a token */
export interface ContentQuery {
  variant?: "original" | "thumbnail"
  tenant?: string
  expires?: number
  signature?: string
  download?: boolean
}

/** How the image job stands */
export interface ImageStatusQuery {
  wait?: number
}

/** How a job stands */
export interface JobStatusQuery {
  wait?: number
}

/** Kept files, newest first */
export interface ListAssetsQuery {
  kind?: string
  mine?: boolean
  cursor?: string
  limit?: number
}

/** Jobs, newest first */
export interface ListJobsQuery {
  kind?: string
  status?: "canceled" | "canceling" | "expired" | "failed" | "queued" | "running" | "succeeded"
  model?: string
  created_after?: string
  created_before?: string
  user_id?: string
  q?: string
  mine?: boolean
  cursor?: string
  limit?: number
}

/** API keys, newest first */
export interface ListKeysQuery {
  mine?: boolean
  cursor?: string
  limit?: number
}

/** What was used, by whom; `mine=true` needs no permission */
export interface UsageQuery {
  from?: string
  to?: string
  group_by?: ("day" | "kind" | "model" | "user")[]
  mine?: boolean
}

/** How the video job stands */
export interface VideoStatusQuery {
  wait?: number
}

/** What a refusal says in `code`: stable. */
export type ErrorCode =
  | "body_too_large"
  | "database_unavailable"
  | "idempotency_mismatch"
  | "identity_mismatch"
  | "identity_provider_unavailable"
  | "insufficient_user_authentication"
  | "internal_error"
  | "invalid_request"
  | "invalid_request_body"
  | "job_canceled"
  | "job_expired"
  | "job_failed"
  | "job_not_finished"
  | "key_revoked"
  | "limit_exceeded"
  | "limits_unavailable"
  | "media_type_unsupported"
  | "no_worker"
  | "not_found"
  | "permission_missing"
  | "queue_full"
  | "quota_exhausted"
  | "rate_limited"
  | "session_pending"
  | "sign_in_code_invalid"
  | "store_unavailable"
  | "token_expired"
  | "token_invalid"
  | "token_invalid_algorithm"
  | "token_invalid_authorized_party"
  | "token_invalid_issuer"
  | "token_invalid_signature"
  | "token_missing"
  | "token_not_active_yet"
  | "token_type_mismatch"
  | "unknown_model"
