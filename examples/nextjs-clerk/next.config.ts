/** Next.js, and for the tests a module that stands in for Clerk. */

import { join } from 'node:path'
import type { NextConfig } from 'next'

const standIn = process.env.TESTS_CLERK

const config: NextConfig = {
  reactStrictMode: true,
  outputFileTracingRoot: process.cwd(),
  typescript: { ignoreBuildErrors: !!standIn },
  webpack(webpack) {
    if (standIn) {
      webpack.resolve.alias['@clerk/nextjs$'] = join(standIn, 'browser.js')
      webpack.resolve.alias['@clerk/nextjs/server$'] = join(standIn, 'server.js')
      webpack.resolve.modules = [join(process.cwd(), 'node_modules'), 'node_modules']
    }
    return webpack
  },
}

export default config
