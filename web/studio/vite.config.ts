import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Titles are set in it, and a font that comes late waits for the next page: so it is asked for at once. */
const TITLES = /newsreader-latin-wght-normal-[\w-]+\.woff2$/
const early: Plugin = {
  name: 'ask-early-for-letters',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle = {} }) =>
      Object.keys(bundle)
        .filter((file) => TITLES.test(file))
        .map((file) => ({
          tag: 'link',
          attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: '', href: `./${file}` },
          injectTo: 'head' as const,
        })),
  },
}

// Paths are relative: the server says in the page's <base> below which path people reach it.
export default defineConfig({
  base: './',
  plugins: [react(), early],
  resolve: {
    alias: [
      { find: '@estampe/client', replacement: at('../client/src/index.ts') },
      { find: /^@estampe\/react\/(\w+)$/, replacement: at('../react/src/$1.js') },
      { find: '@estampe/react', replacement: at('../react/src/index.ts') },
    ],
    dedupe: ['react', 'react-dom', '@tanstack/react-query'],
  },
  build: {
    outDir: at('../../src/estampe/http/page'),
    emptyOutDir: true,
    target: 'es2022',
    cssTarget: ['chrome123', 'safari17.5', 'firefox120'], // light-dark()
    assetsInlineLimit: 0, // the page's policy lets no data: in but pictures
    license: { fileName: 'licenses.txt' }, // of the libraries that are bundled
    manifest: 'manifest.json', // the tests weigh a first visit by it
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '^/(api|auth|docs|openapi.json|\\.well-known)': 'http://127.0.0.1:9006' } },
})
