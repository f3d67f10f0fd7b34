/** React hooks that make images and videos with Estampe. */

export { requireSignedIn, type AuthAdapter, type Kind, type SignIn } from './auth.js'
export { Generation, type GenerationState } from './generation.js'
export { EstampeProvider, useEstampe, type EstampeContext, type EstampeProviderProps } from './provider.js'
export { jobQuery, jobsQuery, modelsQuery, usageQuery, type Site } from './queries.js'
export { useImageGeneration, useVideoGeneration } from './useGeneration.js'
export type { GenerationControls, ImageGeneration, VideoGeneration } from './useGeneration.js'
export { useJob, useJobs } from './useJobs.js'
export { useModels } from './useModels.js'
export { useUsage } from './useUsage.js'
