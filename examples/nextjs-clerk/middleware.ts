/** Clerk sees every request, and lets only members make something. */

import { clerkMiddleware, createRouteMatcher } from '@clerk/nextjs/server'

const isForMembers = createRouteMatcher(['/generate-images(.*)', '/generate-videos(.*)'])

export default clerkMiddleware(async (auth, request) => {
  if (isForMembers(request)) await auth.protect()
})

export const config = {
  matcher: ['/((?!_next|[^?]*\\.(?:css|ico|js|png|svg|webp)).*)', '/(api|trpc)(.*)'],
}
