import { defineConfig } from "vite";

/** Built with relative addresses, so that the page may lie behind any prefix. */
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy allows no data: but for pictures
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", rewrite: (path) => path.slice(4) } } },
});
